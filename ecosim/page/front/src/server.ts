// The local server: runs that the file does not hold. It answers this page alone, with the token of its address.

import type { PageData, RunResult } from "./data";
import { t } from "./i18n";
import type { Body } from "./share";
import { fragment } from "./share";

/** Milliseconds between two looks at a run. */
const LOOK = 400;

export interface Progress {
  state: "queued" | "running" | "done" | "failed" | "gone";
  position?: number;
  done?: number;
  all?: number;
  seconds?: number;
  error?: string;
  result?: RunResult;
}

function token(): string {
  const given = fragment().get("t");
  try {
    if (given) sessionStorage.setItem("ecosim-token", given);
    return given ?? sessionStorage.getItem("ecosim-token") ?? "";
  } catch {
    return given ?? "";
  }
}

async function ask(path: string, options: RequestInit = {}): Promise<Response> {
  const headers: Record<string, string> = { "X-Ecosim-Token": token() };
  if (options.body) headers["Content-Type"] = path.endsWith("read") ? "text/plain" : "application/json";
  let answer: Response;
  try {
    answer = await fetch(path, { ...options, headers, credentials: "same-origin" });
  } catch {
    throw new Error(t("server.gone"));
  }
  if (answer.status === 401 || answer.status === 403) throw new Error(t("server.token"));
  // a run that was given up is told as one, with 404
  if (!answer.ok && !(answer.status === 404 && path.startsWith("api/run/"))) {
    const said = (await answer.json().catch(() => null)) as { error?: string } | null;
    throw new Error(said?.error ?? t("server.failed", { status: answer.status }));
  }
  return answer;
}

/** What the page starts with. */
export async function start(): Promise<PageData> {
  return (await (await ask("api/start")).json()) as PageData;
}

/** Run two policies; `tell` hears how far it is. Ends with the result, or null where it was called off. */
export class Run {
  private id = "";
  private off = false;

  async go(body: Body, tell: (progress: Progress) => void): Promise<RunResult | null> {
    // a tab that closes calls its run off
    const leave = (): void => this.cancel();
    window.addEventListener("pagehide", leave);
    try {
      const { run } = (await (await ask("api/run", { method: "POST", body: JSON.stringify(body) })).json()) as { run: string };
      this.id = run;
      // called off before it had a name: it is queued by now
      if (this.off) this.drop();
      while (!this.off) {
        const progress = (await (await ask(`api/run/${encodeURIComponent(run)}`)).json()) as Progress;
        if (this.off) return null;
        tell(progress);
        if (progress.state === "done" && progress.result) return progress.result;
        if (progress.state === "failed") throw new Error(progress.error ?? t("server.failed", { status: "" }));
        if (progress.state === "gone") throw new Error(t("server.run_gone"));
        await new Promise((resolve) => setTimeout(resolve, LOOK));
      }
      return null;
    } finally {
      this.off = true;
      window.removeEventListener("pagehide", leave);
    }
  }

  /** Call it off. */
  cancel(): void {
    if (this.off) return;
    this.off = true;
    if (this.id) this.drop();
  }

  private drop(): void {
    void ask(`api/run/${encodeURIComponent(this.id)}`, { method: "DELETE", keepalive: true }).catch(() => undefined);
  }
}

/** One policy and one draw as the YAML that `ecosim run --from` takes. */
export async function toYaml(body: Body, side: "a" | "b", draw: number): Promise<string> {
  return (await ask("api/yaml", { method: "POST", body: JSON.stringify({ ...body, side, draw }) })).text();
}

/** The body that a YAML describes. */
export async function fromYaml(text: string): Promise<unknown> {
  return (await ask("api/read", { method: "POST", body: text })).json();
}
