// The API that a SCORM package looks for (SCORM 1.2 and 2004 Run-Time Environment), beside the
// package and away from the site. It answers at once from what is at hand, by the tables that the
// server checks with, and hands changes to the site's page, which alone speaks with the server.
(() => {
  const AUTOSAVE_MS = 2000;
  const { standard, site, around, values, formats, elements } = window.ConnectPackage;
  const isNew = standard === "scorm-2004";
  const page = window.parent; // the site's
  const changed = new Map();
  let state = "before"; // before, running, ended
  let error = "0";
  let timer;

  const WORDS = {
    0: "No error", 101: "General exception", 103: "Already initialized", 104: "Terminated",
    112: "Termination before initialization", 113: "Termination after termination",
    122: "Reading before initialization", 123: "Reading after termination",
    132: "Storing before initialization", 133: "Storing after termination",
    142: "Commit before initialization", 143: "Commit after termination", 201: "Invalid argument",
    202: "Element has no children", 203: "Element is no list", 301: isNew ? "Reading failed" : "Not initialized",
    351: "Storing failed", 401: isNew ? "Undefined element" : "Not implemented", 402: "Keyword: cannot be stored",
    403: isNew ? "Value not initialized" : "Element is for reading only", 404: isNew ? "Element is for reading only" : "Element is for writing only",
    405: isNew ? "Element is for writing only" : "Incorrect type", 406: "Incorrect type", 407: "Out of range",
    408: "Another element has to be stored first",
  };
  // What each standard calls the same mistake.
  const CODES = isNew
    ? { unknown: "401", read: "404", write: "405", type: "406", range: "407", order: "351", unset: "403", children: "301", keyword: "404" }
    : { unknown: "201", read: "403", write: "404", type: "405", range: "405", order: "201", unset: "0", children: "202", keyword: "402" };

  if (around) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("html, body, iframe { border: 0; display: block; height: 100%; margin: 0; width: 100%; }");
    document.adoptedStyleSheets = [sheet];
  }

  const fail = (code, answer) => {
    error = code;
    return answer;
  };
  const general = (name) => name.replace(/\.\d+(?=\.|$)/g, ".n");

  function send(kind, ends = false) {
    clearTimeout(timer);
    page.postMessage({ connect: kind, values: Object.fromEntries(changed), ends }, site);
    changed.clear();
  }

  function initialize(argument) {
    if (argument !== "") return fail("201", "false");
    if (state === "running") return fail(isNew ? "103" : "101", "false");
    if (state === "ended") return fail(isNew ? "104" : "101", "false");
    state = "running";
    send("started");
    return fail("0", "true");
  }

  function terminate(argument) {
    if (argument !== "") return fail("201", "false");
    if (state === "before") return fail(isNew ? "112" : "301", "false");
    if (state === "ended") return fail(isNew ? "113" : "301", "false");
    state = "ended";
    send("commit", true);
    return fail("0", "true");
  }

  function commit(argument) {
    if (argument !== "") return fail("201", "false");
    if (state !== "running") return fail(isNew ? (state === "before" ? "142" : "143") : "301", "false");
    send("commit");
    return fail("0", "true");
  }

  /** How many there are of what stands before ".n" in `list`. */
  function count(list) {
    const found = new Set();
    for (const name of Object.keys(values)) {
      if (name.startsWith(`${list}.`)) found.add(name.slice(list.length + 1).split(".")[0]);
    }
    return found.size;
  }

  /** The names below `parent`, as _children tells them. */
  function children(parent) {
    const found = new Set();
    for (const name of Object.keys(elements)) {
      if (name.startsWith(`${parent}.`)) found.add(name.slice(parent.length + 1).split(".")[0]);
    }
    return found;
  }

  function get(name) {
    if (state !== "running") return fail(isNew ? (state === "before" ? "122" : "123") : "301", "");
    const key = general(String(name));
    if (key.endsWith("._count")) {
      const list = String(name).slice(0, -7);
      return children(general(list)).has("n") ? fail("0", String(count(list))) : fail(isNew ? "301" : "203", "");
    }
    if (key.endsWith("._children")) {
      const below = children(key.slice(0, -10));
      const names = below.has("n") ? children(`${key.slice(0, -10)}.n`) : below;
      return names.size ? fail("0", [...names].join(",")) : fail(CODES.children, "");
    }
    const element = elements[key];
    if (!element) return fail(CODES.unknown, "");
    if (!element[0].includes("r")) return fail(CODES.write, "");
    const value = values[name];
    return value === undefined ? fail(CODES.unset, "") : fail("0", value);
  }

  function set(name, given) {
    if (state !== "running") return fail(isNew ? (state === "before" ? "132" : "133") : "301", "false");
    const key = general(String(name));
    if (/\._(children|count)$/.test(key)) return fail(CODES.keyword, "false");
    const element = elements[key];
    if (!element) return fail(CODES.unknown, "false");
    if (!element[0].includes("w")) return fail(CODES.read, "false");
    const value = String(given);
    const wrong = fault(element, value);
    if (wrong) return fail(CODES[wrong], "false");
    if (!isInOrder(String(name))) return fail(CODES.order, "false");
    values[name] = value;
    changed.set(name, value);
    clearTimeout(timer);
    timer = setTimeout(() => send("commit"), AUTOSAVE_MS); // many packages never commit by themselves
    return fail("0", "true");
  }

  function fault([, kind, least, most, words], value) {
    if (kind === "words") return words.includes(value) ? "" : "type";
    if (kind === "text") return value.length <= Number(most) ? "" : "type";
    if (kind === "number" && value === "") return isNew ? "type" : "";
    if (!new RegExp(`^(?:${formats[kind]})$`).test(value)) return "type";
    if (kind !== "number") return "";
    const isIn = (least === null || Number(value) >= Number(least)) && (most === null || Number(value) <= Number(most));
    return isIn ? "" : "range";
  }

  /** A new item of a list is the next one, not one further on. */
  function isInOrder(name) {
    const parts = name.split(".");
    return parts.every((part, at) => !/^\d+$/.test(part) || Number(part) <= count(parts.slice(0, at).join(".")));
  }

  const names = isNew
    ? ["Initialize", "Terminate", "GetValue", "SetValue", "Commit", "GetLastError", "GetErrorString", "GetDiagnostic"]
    : ["LMSInitialize", "LMSFinish", "LMSGetValue", "LMSSetValue", "LMSCommit", "LMSGetLastError", "LMSGetErrorString", "LMSGetDiagnostic"];
  const told = (code) => WORDS[String(code)] ?? "";
  const does = [initialize, terminate, get, set, commit, () => error, told, (code) => told(code || error)];
  const api = Object.fromEntries(names.map((name, at) => [name, does[at]]));
  window[isNew ? "API_1484_11" : "API"] = api;

  // The site's page asks before it goes: the part leaves its frame, and so says that it ends.
  window.addEventListener("message", (event) => {
    if (event.source !== page || event.origin !== site || event.data?.connect !== "leave") return;
    const part = around && document.getElementById("part");
    const left = () => {
      if (changed.size) send("commit");
      page.postMessage({ connect: "left", values: {}, ends: false }, site);
    };
    if (!part) return left();
    part.addEventListener("load", left, { once: true });
    part.src = "about:blank";
  });
  window.addEventListener("pagehide", () => changed.size && send("commit"));
})();
