// 批量: a file is dropped anywhere on the page or chosen, sent at once, and its way is shown.

const at = (id) => document.getElementById(id);
const form = at("drop");
const file = at("file");

const holdsFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

/** Say how far the sending is; behind the last byte the service checks the file. */
function show(sent) {
  const checking = sent >= 1;
  at("sending").hidden = false;
  form.classList.add("busy");
  if (checking) at("sent").removeAttribute("value");
  else at("sent").value = sent;
  at("sending-says").textContent = checking
    ? "已传完，正在检查……"
    : `正在上传 ${Math.round(100 * sent)} %`;
}

function rest() {
  form.classList.remove("busy");
  at("sending").hidden = true;
  file.value = "";
}

if (form) {
  form.classList.add("quick");
  at("send").hidden = true; // a file that is chosen goes at once
  file.addEventListener("change", () => file.files.length && form.requestSubmit());

  form.addEventListener("htmx:xhr:progress", ({ detail }) => {
    if (detail.lengthComputable) show(detail.loaded / detail.total);
  });
  form.addEventListener("htmx:beforeRequest", () => show(0));
  form.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (!detail.successful) rest();
  });

  for (const name of ["dragenter", "dragover"]) {
    document.addEventListener(name, (event) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      form.classList.add("over");
    });
  }
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) form.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    form.classList.remove("over");
    if (event.dataTransfer.files.length > 1) {
      say("一次只能放一个文件；几个文件请压缩成一个 .zip。", { bad: true });
      return;
    }
    file.files = event.dataTransfer.files;
    form.requestSubmit();
  });
}
