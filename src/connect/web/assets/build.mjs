// Builds what browsers are given: src/connect/web/static/, every file under a name that carries
// the hash of its content, and manifest.json {logical name: hashed name}. The same sources give
// the same bytes; names that are no longer wanted are removed last, so a running server is never
// without a file it names.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as sass from "sass";

const here = dirname(fileURLToPath(import.meta.url));
const packages = join(here, "../../../../node_modules");
const out = join(here, "../static");
const uswds = join(packages, "@uswds/uswds");

// The sprite holds these icons only; the macro icon() in web/templates/_parts.html draws them.
const ICONS = [
  "arrow_back", "arrow_downward", "arrow_forward", "arrow_upward", "assessment", "cancel", "check", "check_circle", "close",
  "error", "event", "file_download", "help_outline", "history", "info", "link", "lock", "mail_outline",
  "menu", "navigate_next", "notifications", "people", "print", "radio_button_unchecked", "schedule", "school", "search",
  "verified", "warning",
];

// Served as they come. The reader of the API's documentation is loaded by its own page only.
const COPIED = {
  "htmx.js": "htmx.org/dist/htmx.min.js",
  "swagger-ui.css": "swagger-ui-dist/swagger-ui.css",
  "swagger-ui-bundle.js": "swagger-ui-dist/swagger-ui-bundle.js",
};

// Where a url() of the style sheets is looked for: by prefix, the folder that it means.
const FOLDERS = {
  "fonts/": join(packages, "@fontsource-variable/public-sans/files"),
  "uswds/": join(uswds, "dist/img"),
  "images/": join(here, "images"),
};

const INLINED = 1000; // bytes
const manifest = {};

/** Write `bytes` under a hashed name and answer that name. */
function put(name, bytes) {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
  const extension = extname(name);
  const hashed = `${basename(name, extension)}.${hash}${extension}`;
  const path = join(out, hashed);
  if (!existsSync(path)) writeFileSync(path, bytes);
  manifest[name] = hashed;
  return hashed;
}

/** Replace every url() of a style sheet by the hashed name of the file that it means. The small
 *  pictures of USWDS stand in the sheet itself: an alert keeps its icon when the server is away. */
function rewriteUrls(css) {
  return css.replace(/url\((["']?)([^"')]*)\1\)/g, (whole, _quote, target) => {
    if (target === "" || target.startsWith("data:")) return whole; // @supports(mask: url(""))
    const prefix = Object.keys(FOLDERS).find((name) => target.startsWith(name));
    if (!prefix) throw new Error(`A style sheet asks for ${target}: no folder is named for it.`);
    const path = join(FOLDERS[prefix], target.slice(prefix.length));
    const bytes = readFileSync(path);
    if (extname(path) === ".svg" && bytes.length < INLINED) {
      return `url("data:image/svg+xml,${encodeURIComponent(bytes)}")`;
    }
    return `url("${put(basename(target), bytes)}")`;
  });
}

function styles(name) {
  const { css } = sass.compile(join(here, "styles", name), {
    style: "compressed",
    loadPaths: [join(uswds, "packages")],
    quietDeps: true, // deprecations inside USWDS are not ours to mend
  });
  put(name.replace(/\.scss$/, ".css"), rewriteUrls(css.replace(/^\uFEFF/, "")));
}

/** The symbols of USWDS's sprite that are used, in one small file. */
function sprite() {
  const all = readFileSync(join(uswds, "dist/img/sprite.svg"), "utf8");
  const symbols = ICONS.map((name) => {
    const found = all.match(new RegExp(`<symbol[^>]*\\bid="${name}"[^>]*>.*?</symbol>`, "s"));
    if (!found) throw new Error(`USWDS has no icon "${name}".`);
    return found[0];
  });
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`;
}

/** The mark and the seal that certificates are printed with. */
function certificates() {
  const folder = join(here, "../../certificates/templates");
  const mark = readFileSync(join(folder, "mark.svg"), "utf8");
  const seal = readFileSync(join(folder, "_seal.svg"), "utf8");
  put("certificate-mark.svg", mark);
  put("seal.svg", seal.replace(/<image href="connect:mark"([^>]*)\/>/, (_, place) =>
    mark.replace(/<svg([^>]*viewBox="[^"]*")[^>]*>/, `<svg$1${place}>`).trim()));
}

function build() {
  mkdirSync(out, { recursive: true });
  styles("site.scss");
  for (const name of readdirSync(join(here, "scripts")).sort()) {
    put(name, readFileSync(join(here, "scripts", name)));
  }
  for (const name of readdirSync(join(here, "images")).sort()) {
    put(name, readFileSync(join(here, "images", name)));
  }
  put("icons.svg", sprite());
  certificates();
  for (const [name, path] of Object.entries(COPIED)) {
    // Source maps are not served, so nothing may ask for them.
    const text = readFileSync(join(packages, path), "utf8");
    put(name, text.replace(/^\/[/*][#@] sourceMappingURL=.*$/gm, ""));
  }
  const names = Object.keys(manifest).sort();
  writeFileSync(join(out, "manifest.json"), `${JSON.stringify(manifest, names, 2)}\n`);
  const kept = new Set([...Object.values(manifest), "manifest.json"]);
  for (const name of readdirSync(out)) {
    if (!kept.has(name)) rmSync(join(out, name), { recursive: true });
  }
}

build();
