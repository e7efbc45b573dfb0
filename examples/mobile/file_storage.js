// A file as the outbox's storage, for node; an app would take a row of its SQLite database.
import { readFile, rename, writeFile } from "node:fs/promises";

export const fileStorage = (file) => ({
  read: () => readFile(file, "utf8").catch((fault) => (fault.code === "ENOENT" ? null : Promise.reject(fault))),
  async write(text) {
    await writeFile(`${file}.new`, text, { flush: true });
    await rename(`${file}.new`, file);
  },
});
