// One line at the foot of the page: what was done, with its undo, or what went wrong and what to do.
const toast = document.getElementById("toast");
const undoButton = toast.querySelector(".undo");
let undo = null;

export function tell(sentence, undoing = null) {
  toast.classList.remove("fault");
  toast.querySelector("p").textContent = sentence;
  undo = undoing;
  undoButton.hidden = !undoing;
  toast.hidden = false;
}

export function complain(fault) {
  tell(fault.message);
  toast.classList.add("fault");
}

function dismiss() {
  toast.hidden = true;
  undo = null;
}

undoButton.addEventListener("click", () => {
  const undoing = undo;
  dismiss();
  undoing?.();
});
toast.querySelector(".dismiss").addEventListener("click", dismiss);
