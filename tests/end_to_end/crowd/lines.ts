import process from "node:process";

/** What the test tells a program of its own, a line at a time. */
export function onLines(heard: (line: string) => void): void {
  let text = "";
  process.stdin.setEncoding("utf8").on("data", (piece: string) => {
    const lines = (text + piece).split("\n");
    text = lines.pop()!;
    for (const line of lines) heard(line);
  });
}
