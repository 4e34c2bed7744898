"""Pages of packages that a browser can run, for the tests of launching and of containment."""

FIND = """
<!doctype html><html><head><meta charset="utf-8"><title>Part</title><script>
function find(name) {
  let here = window;
  for (let up = 0; up < 9; up += 1) {
    if (here[name]) return here[name];
    if (here.parent === here) return null;
    here = here.parent;
  }
  return null;
}
</script></head><body><h1>Watch the gates</h1><p id="told"></p>
"""
SCO_12 = (
    FIND
    + """
<button id="finish">I have watched them</button>
<script>
  const api = find("API");
  const told = document.getElementById("told");
  api.LMSInitialize("");
  told.textContent = api.LMSGetValue("cmi.core.entry") + "|" + api.LMSGetValue("cmi.suspend_data")
    + "|" + api.LMSGetValue("cmi.core.student_name") + "|" + api.LMSGetValue("cmi.launch_data");
  api.LMSSetValue("cmi.core.lesson_status", "incomplete");
  api.LMSSetValue("cmi.suspend_data", "gate 3");
  api.LMSSetValue("cmi.core.lesson_location", "page-2");
  api.LMSCommit("");
  document.getElementById("finish").onclick = () => {
    api.LMSSetValue("cmi.core.score.raw", "90");
    api.LMSSetValue("cmi.core.lesson_status", "passed");
    api.LMSSetValue("cmi.core.session_time", "00:01:30");
    api.LMSFinish("");
  };
</script></body></html>
"""
)
SCO_2004 = (
    FIND
    + """
<button id="finish">I have watched them</button>
<script>
  const api = find("API_1484_11");
  const told = document.getElementById("told");
  api.Initialize("");
  told.textContent = api.GetValue("cmi.entry") + "|" + api.GetValue("cmi.location");
  api.SetValue("cmi.location", "gate 3");
  api.SetValue("cmi.exit", "suspend");
  document.getElementById("finish").onclick = () => {
    api.SetValue("cmi.score.scaled", "0.9");
    api.SetValue("cmi.progress_measure", "1");
    api.SetValue("cmi.completion_status", "completed");
    api.SetValue("cmi.success_status", "passed");
    api.SetValue("cmi.session_time", "PT1M30S");
    api.SetValue("cmi.exit", "normal");
    api.Terminate("");
  };
</script></body></html>
"""
)
