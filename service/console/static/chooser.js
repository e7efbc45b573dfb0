// Fills the list of households with those that begin with what was typed.
let asked = 0;

export async function suggest(input) {
  asked += 1;
  const turn = asked;
  const answer = await fetch(`/households?prefix=${encodeURIComponent(input.value.trim())}`).catch(() => null);
  if (!answer?.ok || turn !== asked) return;
  const found = await answer.json();
  const options = found.map((household) => Object.assign(document.createElement("option"), { value: household }));
  document.getElementById("households").replaceChildren(...options);
}
