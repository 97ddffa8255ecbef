import type { Page } from "playwright-core";

/** Texts whose colour stands out too little from what is behind them (WCAG AA: 4.5, for large ones 3). */
export function faintTexts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    type Color = readonly [number, number, number, number];
    const parse = (text: string): Color => {
      const [r = 0, g = 0, b = 0, a = 1] = [...text.matchAll(/[\d.]+/g)].map(Number);
      return [r, g, b, a];
    };
    const over = (top: Color, below: Color): Color =>
      [0, 1, 2, 3].map((i) => i === 3 ? 1 : top[i]! * top[3] + below[i]! * (1 - top[3])) as unknown as Color;
    const light = (color: Color) => {
      const [r, g, b] = [0, 1, 2].map((i) => color[i]! / 255).map((c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
      return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
    };
    const behind = (element: Element | null): Color => {
      if (element === null) return [255, 255, 255, 1];
      const style = getComputedStyle(element);
      const own = [
        parse(style.backgroundColor),
        ...[...style.backgroundImage.matchAll(/rgba?\([^)]*\)/g)].map(([color]) => parse(color)).slice(0, 1),
      ];
      return own.reduce(
        (below, color) => over(color, below),
        own.some((color) => color[3] === 1) ? own.find((color) => color[3] === 1)! : behind(element.parentElement),
      );
    };
    const faint: string[] = [];
    for (const element of document.querySelectorAll("body *")) {
      const text = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.textContent!.trim()).join(
        "",
      );
      const box = element.getBoundingClientRect();
      if (text === "" || box.width === 0 || box.height === 0) continue;
      const style = getComputedStyle(element);
      const background = behind(element);
      const [a, b] = [light(over(parse(style.color), background)), light(background)].sort((x, y) => y - x) as [number, number];
      const size = parseFloat(style.fontSize);
      const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      const ratio = (a + 0.05) / (b + 0.05);
      if (ratio < (isLarge ? 3 : 4.5)) faint.push(`${element.tagName} ${JSON.stringify(text.slice(0, 30))}: ${ratio.toFixed(2)}`);
    }
    return faint;
  });
}

/** What sticks out to the right of the window, or is cut off by the card it stands in. */
export function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const told: string[] = [];
    if (document.documentElement.scrollWidth > innerWidth) told.push(`the page is ${document.documentElement.scrollWidth} wide`);
    for (const element of document.querySelectorAll(".scroll, .card, header, .grid")) {
      if (element.scrollWidth > element.clientWidth + 1) {
        told.push(`${element.className} ${element.textContent!.slice(0, 40)}: ${element.scrollWidth} in ${element.clientWidth}`);
      }
    }
    return told;
  });
}
