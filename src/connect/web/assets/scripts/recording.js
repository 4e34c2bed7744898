// Speed of a recording, and going on where it was left: kept in this browser alone. The time that
// counts is measured by the server, whatever the recording does.

const SAVE_MS = 5_000;
const LEAST = 5; // seconds from either end, where going on makes no sense

for (const box of document.querySelectorAll("[data-recording]")) begin(box);

function begin(box) {
  const player = box.querySelector("video, audio");
  const speed = box.querySelector("[data-speed]");
  const told = box.querySelector("[data-resumed]");
  const key = `recording:${player.querySelector("source").getAttribute("src")}`;
  let saved = 0;

  box.querySelector(".recording__tools").hidden = false;
  speed.addEventListener("change", () => {
    player.playbackRate = Number(speed.value);
  });
  player.addEventListener("ratechange", () => {
    const wanted = String(player.playbackRate);
    if ([...speed.options].some((option) => option.value === wanted)) speed.value = wanted;
  });

  const resume = () => {
    const place = Number(read(key));
    if (!(place > LEAST && place < player.duration - LEAST)) return;
    player.currentTime = place;
    told.textContent = `You left off at ${clock(place)}. It goes on from there.`;
  };
  if (player.readyState >= HTMLMediaElement.HAVE_METADATA) resume();
  else player.addEventListener("loadedmetadata", resume, { once: true });

  player.addEventListener("timeupdate", () => {
    if (performance.now() - saved < SAVE_MS) return;
    saved = performance.now();
    write(key, String(Math.floor(player.currentTime)));
  });
  player.addEventListener("pause", () => write(key, String(Math.floor(player.currentTime))));
  player.addEventListener("ended", () => write(key, "0"));
}

function clock(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

// A browser may forbid storage; then a recording begins at its beginning.
function read(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // nothing is lost but the place
  }
}
