// How a test and its script speak: JSON on standard input, JSON on standard output.
import { readFileSync, writeSync } from "node:fs";

export const asked = () => JSON.parse(readFileSync(0, "utf8"));
export const answer = (found) => writeSync(1, JSON.stringify(found));
