import * as fs from "node:fs";
import { ROOT } from "../support/argus_process.ts";

/** A block of code of docs/RECIPES.md, by the heading it stands under. */
export interface Recipe {
  readonly heading: string;
  readonly language: string;
  readonly code: string;
}

export function recipes(): Recipe[] {
  const text = fs.readFileSync(`${ROOT}docs/RECIPES.md`, "utf8");
  return text.split(/^## /m).slice(1).flatMap((section) => {
    const heading = section.slice(0, section.indexOf("\n"));
    return [...section.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, code]) => ({
      heading,
      language: language!,
      code: code!,
    }));
  });
}

/** Those under a heading, in order. */
export function recipesOf(heading: string): string[] {
  return recipes().filter((recipe) => recipe.heading === heading).map(({ code }) => code);
}
