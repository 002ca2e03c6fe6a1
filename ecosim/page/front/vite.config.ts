import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import type { Plugin } from "vite";
import { defineConfig } from "vite";
import { viteSingleFile } from "vite-plugin-singlefile";

const sha = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** The page may run its own script and nothing else, and asks nothing of other places. */
function contentPolicy(): Plugin {
  return {
    name: "content-policy",
    enforce: "post",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        for (const file of Object.values(bundle)) {
          if (file.type !== "asset" || !file.fileName.endsWith(".html")) continue;
          const html = String(file.source);
          const scripts = [...html.matchAll(/<script type="module"[^>]*>([\s\S]*?)<\/script>/g)].map((found) => sha(found[1]));
          const styles = [...html.matchAll(/<style[^>]*>([\s\S]*?)<\/style>/g)].map((found) => sha(found[1]));
          const policy = [
            "default-src 'none'", `script-src ${scripts.join(" ")}`, `style-src ${styles.join(" ")}`, "img-src data: blob:",
            "connect-src 'self'", "base-uri 'none'", "form-action 'none'",
          ].join("; ");
          file.source = html.replace("<!-- policy -->", `<meta http-equiv="Content-Security-Policy" content="${policy}" />`);
        }
      },
    },
  };
}

/** Folders of the packages that are bundled. */
const BUNDLED = ["echarts", "zrender", "echarts/node_modules/tslib", "d3-geo", "d3-array", "internmap"];

/** Licences of what is bundled, as a module and as a file; fails where something else is bundled. */
function licences(): Plugin {
  const found = BUNDLED.map((name) => {
    const folder = `node_modules/${name}`;
    const about = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
    const read = (names: string[]): string => names.map((one) => `${folder}/${one}`).filter(existsSync).map((path) => readFileSync(path, "utf8").trim()).join("\n\n");
    return { name: about.name, version: about.version, licence: about.license, text: read(["LICENSE", "LICENSE.txt", "NOTICE", "licenses/LICENSE-d3"]) };
  });
  return {
    name: "licences",
    enforce: "pre",
    resolveId: (id) => (id.endsWith("/licences.json") ? "\0licences" : null),
    load: (id) => (id === "\0licences" ? `export default ${JSON.stringify(found)};` : null),
    generateBundle(_options, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type !== "chunk") continue;
        for (const id of Object.keys(file.modules)) {
          const folder = /node_modules\/(.*)$/.exec(id)?.[1];
          if (folder && !BUNDLED.some((name) => folder.startsWith(`${name}/`))) throw new Error(`bundled without its licence: ${folder}`);
        }
      }
      const text = found.map((one) => `${one.name} ${one.version} (${one.licence})\n${"=".repeat(60)}\n\n${one.text}\n`).join("\n\n");
      this.emitFile({ type: "asset", fileName: "LICENCES.txt", source: `What ecosim/page/shell.html holds of others\n\n${text}` });
    },
  };
}

export default defineConfig({
  plugins: [licences(), viteSingleFile({ removeViteModuleLoader: true }), contentPolicy()],
  build: { target: "es2022", assetsInlineLimit: 10_000_000, cssMinify: true, reportCompressedSize: false, modulePreload: false },
});
