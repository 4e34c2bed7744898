"""Every kind of mail: what it is called, why one gets it, and whether it can be switched off."""

from enum import StrEnum

import msgspec


class MailClass(StrEnum):
    SECURITY = "security"  # links, password, sign-in, roles; cannot be switched off
    SERVICE = "service"  # what became of one's own training, request or agency
    NEWS = "news"


class Kind(msgspec.Struct, frozen=True):
    of: MailClass
    label: str  # on the page of preferences
    why: str  # the foot of each mail of this kind
    for_staff: bool = False  # nobody else is told that there is such a kind


# By template; one line for each. A mail whose template is not here cannot be written.
KINDS = {
    "accounts/address": Kind(
        MailClass.SECURITY,
        "A link that confirms a further address",
        "You get this because your address was typed in.",
    ),
    "accounts/address_changed": Kind(
        MailClass.SECURITY,
        "Another address signs in to your account",
        "You get this because this address signed in to your account until now.",
    ),
    "accounts/address_known": Kind(
        MailClass.SECURITY,
        "An address of yours was typed in again",
        "You get this because your address was typed in.",
    ),
    "accounts/agency_screened": Kind(
        MailClass.SERVICE,
        "An agency that you brought was decided on",
        "You get this because you brought an agency.",
    ),
    "accounts/factor_added": Kind(
        MailClass.SECURITY,
        "A second factor was added",
        "You get this with every change of your second factors.",
    ),
    "accounts/factor_removed": Kind(
        MailClass.SECURITY,
        "A second factor was removed",
        "You get this with every change of your second factors.",
    ),
    "accounts/factors_reset": Kind(
        MailClass.SECURITY,
        "Your second factors were reset",
        "You get this with every change of your second factors.",
    ),
    "accounts/invitation": Kind(
        MailClass.SERVICE,
        "Somebody invites you",
        "You get this because the person above typed in your address.",
    ),
    "accounts/joined": Kind(
        MailClass.SECURITY,
        "Your account was joined with another one",
        "You get this because your address was typed in.",
    ),
    "accounts/known": Kind(
        MailClass.SECURITY,
        "Your address was used to register again",
        "You get this because your address was typed in to open an account.",
    ),
    "accounts/not_verified": Kind(
        MailClass.SERVICE,
        "Your request to be verified was not approved",
        "You get this because you asked to be verified.",
    ),
    "accounts/password_changed": Kind(
        MailClass.SECURITY,
        "Your password was changed",
        "You get this with every change of your password.",
    ),
    "accounts/prove": Kind(
        MailClass.SECURITY,
        "A link that proves your address",
        "You get this because your address was typed in to open an account.",
    ),
    "accounts/recovery_code_used": Kind(
        MailClass.SECURITY,
        "A recovery code was used",
        "You get this whenever a recovery code opens your account.",
    ),
    "accounts/recovery_codes": Kind(
        MailClass.SECURITY,
        "New recovery codes were made",
        "You get this with every change of your second factors.",
    ),
    "accounts/reset": Kind(
        MailClass.SECURITY,
        "A link to set a new password",
        "You get this because a new password was asked for with your address.",
    ),
    "accounts/reverify": Kind(
        MailClass.SERVICE,
        "Your verification ran out",
        "You get this because you were verified.",
    ),
    "accounts/sponsor": Kind(
        MailClass.SECURITY,
        "Somebody asks you to confirm that they work with you",
        "You get this because the person above typed in your address.",
    ),
    "accounts/suspended": Kind(
        MailClass.SECURITY,
        "Your account was suspended",
        "You get this with every change of what your account may do.",
    ),
    "accounts/suspension_lifted": Kind(
        MailClass.SECURITY,
        "Your account is open again",
        "You get this with every change of what your account may do.",
    ),
    "accounts/verified": Kind(
        MailClass.SERVICE,
        "You were verified",
        "You get this because you asked to be verified, or because your address is your agency's.",
    ),
    "accounts/wrong_codes": Kind(
        MailClass.SECURITY,
        "Somebody gave wrong codes for your account",
        "You get this when codes for your account are wrong.",
    ),
    "assignments/assigned": Kind(
        MailClass.SERVICE,
        "A course or a path is assigned to you",
        "You get this because your agency, or the staff of this site, assigned it to you.",
    ),
    "assignments/due": Kind(
        MailClass.SERVICE,
        "Something that is assigned to you is due",
        "You get this 30 and 7 days before something assigned to you is due, on the day, and once "
        "after it.",
    ),
    "assignments/renewal": Kind(
        MailClass.SERVICE,
        "A training that you completed expires",
        "You get this 60, 30 and 7 days before a completion of yours expires, and on the day.",
    ),
    "certificates/reissued": Kind(
        MailClass.SERVICE,
        "A certificate of yours was issued anew",
        "You get this because you hold the certificate.",
    ),
    "certificates/revoked": Kind(
        MailClass.SECURITY,
        "A certificate of yours was revoked",
        "You get this because you hold the certificate.",
    ),
    "external/decided": Kind(
        MailClass.SERVICE,
        "What you completed elsewhere was decided on",
        "You get this because you handed in what you completed elsewhere.",
    ),
    "learning/completed": Kind(
        MailClass.SERVICE,
        "You completed a course and have a certificate",
        "You get this because you completed a course.",
    ),
    "learning/met_by_hand": Kind(
        MailClass.SERVICE,
        "Staff recorded that a step of a course counts as done",
        "You get this because you take that course.",
    ),
    "learning/override_withdrawn": Kind(
        MailClass.SERVICE,
        "Staff took back what they had recorded in a course",
        "You get this because you took that course.",
    ),
    "learning/reopened_by_hand": Kind(
        MailClass.SERVICE,
        "A course is open to you again",
        "You get this because you take that course.",
    ),
    "mail/held": Kind(
        MailClass.SECURITY,
        "Mails are held until an administrator decides",
        "You get this because you are an administrator.",
        for_staff=True,
    ),
    "merges/joined": Kind(
        MailClass.SECURITY,
        "Two accounts of yours were joined",
        "You get this because your account was joined with another one.",
    ),
    "merges/parted": Kind(
        MailClass.SECURITY,
        "Your accounts are two again",
        "You get this because your account had been joined with another one.",
    ),
    "paths/completed": Kind(
        MailClass.SERVICE,
        "You completed a path of courses",
        "You get this because you completed a path.",
    ),
    "readiness/affirm": Kind(
        MailClass.SECURITY,
        "A link to affirm your agency's readiness application",
        "You get this because the person above typed in your address.",
    ),
    "readiness/affirmed": Kind(
        MailClass.SERVICE,
        "An executive affirmed your agency's readiness application",
        "You get this because you asked for it.",
    ),
    "readiness/approved": Kind(
        MailClass.SERVICE,
        "Your agency is a member of the readiness program",
        "You get this because you coordinate your agency's training.",
    ),
    "readiness/assigned": Kind(
        MailClass.SERVICE,
        "An application is yours to review",
        "You get this because somebody gave you the application to review.",
        for_staff=True,
    ),
    "readiness/declined": Kind(
        MailClass.SERVICE,
        "Your agency's readiness application was declined",
        "You get this because you coordinate your agency's training.",
    ),
    "readiness/idle": Kind(
        MailClass.SERVICE,
        "Your agency's readiness application will be closed soon",
        "You get this because you coordinate your agency's training.",
    ),
    "readiness/message": Kind(
        MailClass.SERVICE,
        "A message about a readiness application",
        "You get this because you take part in the application.",
    ),
    "readiness/returned": Kind(
        MailClass.SERVICE,
        "Your agency's readiness application needs changes",
        "You get this because you coordinate your agency's training.",
    ),
    "readiness/membership_changed": Kind(
        MailClass.SERVICE,
        "Your agency's membership was suspended, reinstated or revoked",
        "You get this as a coordinator or executive of the agency.",
    ),
    "readiness/membership_ends": Kind(
        MailClass.SERVICE,
        "Your agency's membership ends, and can be renewed",
        "You get this 12 months, 180, 90 and 30 days before the membership ends, as a coordinator "
        "or executive of the agency.",
    ),
    "readiness/membership_over": Kind(
        MailClass.SERVICE,
        "Your agency's membership is over",
        "You get this as a coordinator or executive of the agency.",
    ),
    "readiness/recommended": Kind(
        MailClass.SERVICE,
        "An application waits for your decision",
        "You get this because you decide on applications to the readiness program.",
        for_staff=True,
    ),
    "readiness/resubmitted": Kind(
        MailClass.SERVICE,
        "An application that you review came back with changes",
        "You get this because you review the application.",
        for_staff=True,
    ),
    "readiness/stale": Kind(
        MailClass.SERVICE,
        "Your agency's readiness application was closed",
        "You get this because you coordinate your agency's training.",
    ),
    "readiness/submitted": Kind(
        MailClass.SERVICE,
        "Your agency's readiness application was submitted",
        "You get this because you submitted it.",
    ),
    "readiness/waiting": Kind(
        MailClass.SERVICE,
        "An application waits for a reviewer",
        "You get this because you review applications to the readiness program.",
        for_staff=True,
    ),
    "readiness/training": Kind(
        MailClass.SERVICE,
        "Training that the readiness program asks of you",
        "You get this because your agency has you on its roster and asked for it.",
    ),
    "rosters/reminder": Kind(
        MailClass.SERVICE,
        "Your agency reminds you of courses that it requires",
        "You get this because your agency's training coordinator asked for it.",
    ),
}
