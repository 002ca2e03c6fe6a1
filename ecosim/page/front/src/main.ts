// The page: reads its data, then builds its views. Built anew when the language or the theme changes.

import "./style.css";
import { about } from "./about";
import { act } from "./act";
import { cards } from "./cards";
import { dropCharts, resizeAll } from "./charts";
import { coins } from "./coins";
import type { PageData } from "./data";
import { Store } from "./data";
import { download, filePicker, h, liveRegion, say } from "./dom";
import { LANGUAGES, preferred, speak, t } from "./i18n";
import { lessons } from "./lessons";
import { luck } from "./luck";
import { fromYaml, start } from "./server";
import { bodyOf, fragment, pack, readBody, unfold } from "./share";
import type { View } from "./state";
import { initial, Model, VIEWS } from "./state";

/** Words of the file that keeps what a reader composed. */
const FILE = "ecosim-page/1";

const root = document.getElementById("app")!;

async function read(): Promise<PageData> {
  const held = JSON.parse(document.getElementById("ecosim-data")!.textContent || "null") as PageData | null;
  return held ?? (await start());
}

/** Put into effect what the address asks for. Gives one line where that fails. */
async function fromLink(model: Model, data: PageData): Promise<string> {
  const wanted = fragment();
  const view = wanted.get("v") as View | null;
  if (view && VIEWS.includes(view)) model.set({ view, lesson: wanted.get("lesson") });
  const packed = wanted.get("p");
  if (!packed) return "";
  try {
    const { patch, problem } = readBody(JSON.parse(await unfold(packed)), data);
    model.set(patch);
    return problem;
  } catch {
    return t("link.broken");
  }
}

function build(store: Store, model: Model, notice: string): void {
  const { data } = store;
  model.clear();
  dropCharts();
  speak(model.state.language);
  document.documentElement.dataset.theme = model.state.theme;
  document.documentElement.classList.toggle("projector", model.state.projector);
  document.title = t("page.title");

  const message = h("p", { class: "warn", role: "alert", hidden: !notice }, notice);
  const tell = (text: string): void => {
    message.textContent = text;
    message.hidden = !text;
  };
  const made = new Map<View, HTMLElement>();
  const main = h("main", { id: "main", tabindex: "-1" });
  const make: Record<View, () => HTMLElement> = {
    act: () => act(store, model),
    lessons: () => lessons(store, model),
    luck: () => luck(store),
    coins: () => coins(store),
    cards: () => cards(data, model),
    about: () => about(data, store.draws),
  };
  const tabs = VIEWS.map((view) => h("button", { type: "button", onclick: () => model.set({ view, lesson: null }) }, t(`view.${view}`)));
  const show = (): void => {
    const { view } = model.state;
    VIEWS.forEach((one, i) => {
      if (one === view) tabs[i].setAttribute("aria-current", "page");
      else tabs[i].removeAttribute("aria-current");
    });
    if (!made.has(view)) {
      const element = make[view]();
      made.set(view, element);
      main.append(element);
    }
    for (const [name, element] of made) element.hidden = name !== view;
    requestAnimationFrame(resizeAll);
  };

  const language = h("select", { onchange: () => model.set({ language: language.value }), "aria-label": t("language") }, ...Object.entries(LANGUAGES).map(([code, one]) => h("option", { value: code, lang: code }, one.name)));
  language.value = model.state.language;
  const theme = h("select", { onchange: () => model.set({ theme: theme.value as "auto" | "light" | "dark" }), "aria-label": t("theme") }, ...(["auto", "light", "dark"] as const).map((one) => h("option", { value: one }, t(`theme.${one}`))));
  theme.value = model.state.theme;
  const projector = h("button", { type: "button", "aria-pressed": String(model.state.projector), onclick: () => model.set({ projector: !model.state.projector }) }, t("projector"));
  const link = h("button", { type: "button", onclick: () => void copyLink() }, t("link"));
  const linkField = h("input", { type: "text", readonly: true, class: "link", hidden: true, "aria-label": t("link") });
  const copyLink = async (): Promise<void> => {
    const packed = await pack(JSON.stringify(bodyOf(model.state, data, store.draws)));
    const address = new URL(location.href);
    // the token stays with this reader: a link to others carries none
    address.hash = `p=${packed}`;
    const own = fragment().get("t");
    history.replaceState(null, "", `#${own ? `t=${own}&` : ""}p=${packed}`);
    linkField.value = address.href;
    linkField.hidden = false;
    linkField.select();
    await navigator.clipboard?.writeText(address.href).catch(() => undefined);
    say(t("link.made"));
  };
  const save = h("button", { type: "button", onclick: () => download("ecosim-page.json", JSON.stringify({ format: FILE, body: bodyOf(model.state, data, store.draws), drawn: model.state.drawn, bet: model.state.bet }, null, 1)) }, t("save"));
  const load = filePicker(t("load"), data.source === "server" ? ".json,.yaml,.yml" : ".json,application/json", false, ([{ name, text }]) => {
    if (/\.ya?ml$/i.test(name)) return void openYaml(text);
    try {
      const held = JSON.parse(text) as { format?: string; body?: unknown; drawn?: unknown; bet?: unknown };
      if (held.format !== FILE) throw new Error();
      const { patch, problem } = readBody(held.body, data);
      const drawn = Array.isArray(held.drawn) && held.drawn.length === data.months.last + 1 && held.drawn.every((y) => y === null || (typeof y === "number" && Number.isFinite(y))) ? (held.drawn as (number | null)[]) : null;
      const bet = held.bet === "a" || held.bet === "b" || held.bet === "same" ? held.bet : null;
      model.set({ ...patch, drawn, bet, view: "act" });
      build(store, model, problem);
      say(t("loaded"));
    } catch {
      tell(t("load.broken"));
    }
  });
  const openYaml = async (text: string): Promise<void> => {
    try {
      const { patch, problem } = readBody(await fromYaml(text), data);
      model.set({ ...patch, view: "act" });
      build(store, model, problem);
    } catch (error) {
      tell(error instanceof Error ? error.message : String(error));
    }
  };
  const print = h("button", { type: "button", onclick: () => window.print() }, t("print"));

  root.replaceChildren(
    h("a", { class: "skip", href: "#main", onclick: (event: Event) => {
      event.preventDefault();
      main.focus();
    } }, t("skip")),
    h(
      "header",
      null,
      h("p", { class: "brand" }, "ecosim"),
      h("nav", { "aria-label": t("views") }, ...tabs),
      h("details", { class: "tools" }, h("summary", null, t("tools")), h("div", { class: "tool-list" }, h("label", { class: "field" }, h("span", null, t("language")), language), h("label", { class: "field" }, h("span", null, t("theme")), theme), projector, link, save, load, print, linkField)),
    ),
    h("section", { class: "notices", "aria-label": t("notices") }, data.mock ? h("p", { class: "warn mock" }, t("mock")) : null, message),
    main,
    h("p", { class: "paper" }, t("print.left")),
    h("footer", null, h("p", null, t("footer"), " ", data.source === "server" ? t("footer.server") : t("footer.file"))),
    liveRegion(),
  );
  model.on((state, changed) => {
    if (changed.has("language") || changed.has("theme") || changed.has("projector")) {
      // a run that is over is shown again from the grid
      build(store, model, "");
      return;
    }
    if (changed.has("view")) {
      show();
      main.focus({ preventScroll: true });
      scrollTo(0, 0);
    } else if (changed.has("lesson") && state.view !== "lessons") show();
  });
  show();
  document.documentElement.dataset.ready = "yes";
}

async function boot(): Promise<void> {
  speak(preferred());
  let data: PageData;
  let store: Store;
  try {
    data = await read();
    store = await Store.open(data);
  } catch (error) {
    root.replaceChildren(h("main", null, h("h1", null, "ecosim"), h("p", { class: "warn", role: "alert" }, error instanceof Error ? error.message : String(error))));
    return;
  }
  const model = new Model(initial(data, preferred()));
  build(store, model, await fromLink(model, data));
  window.addEventListener("hashchange", () => void fromLink(model, data).then((problem) => build(store, model, problem)));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    if (model.state.theme === "auto") build(store, model, "");
  });
}

void boot();
