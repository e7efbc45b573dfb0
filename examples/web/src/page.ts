import { found } from "./element";
import { showHome } from "./home";
import { followLive } from "./live";
import { signIn } from "./session";
import { language, words } from "./words";

document.documentElement.lang = language;
document.title = words.title;
found("h1").textContent = words.title;
found("#live h2").textContent = words.live;
for (const link of document.querySelectorAll("nav a")) {
  if (link.getAttribute("lang") === language) link.setAttribute("aria-current", "true");
}
signIn();
void showHome();
followLive();
