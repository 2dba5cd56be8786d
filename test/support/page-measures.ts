import type { Page } from 'playwright-core';

/** Two colours that must be told apart. */
export interface Contrast {
  /** What carries them. */
  readonly where: string;
  /** WCAG 2.2: 1 is none, 21 is black on white. */
  readonly ratio: number;
}

/** `[where, colour, ground]`, colours as `rgb(…)`. */
type Pair = readonly [string, string, string];

/** In the page: its globals are unknown to the types of this project. */
const IN_PAGE = `
  const groundOf = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at);
      if (backgroundColor !== 'rgba(0, 0, 0, 0)') return backgroundColor;
    }
    throw new Error('no ground');
  };
  const nameOf = (element) => element.localName + ' ' + (element.id || element.textContent.trim());
  const isShown = (element) => element.checkVisibility() && element.localName !== 'title';
`;

/** Of every text with what it stands on. WCAG 2.2 §1.4.3 wants 4.5. */
export const textContrasts = (page: Page): Promise<readonly Contrast[]> =>
  contrasts(
    page,
    `[...document.querySelectorAll('body *')]
      .filter((element) => isShown(element) && (element.localName === 'input' ||
        [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '')))
      .map((element) => [nameOf(element), getComputedStyle(element).color, groundOf(element)])`,
  );

/** Of every input's border with what is around it. WCAG 2.2 §1.4.11 wants 3. */
export const borderContrasts = (page: Page): Promise<readonly Contrast[]> =>
  contrasts(
    page,
    `[...document.querySelectorAll('input:not([type=hidden])')].map((element) =>
      [nameOf(element), getComputedStyle(element).borderTopColor, groundOf(element.parentElement)])`,
  );

/** Of the ring around what has the focus, 1 where there is none. WCAG 2.2 §1.4.11 wants 3. */
export async function focusContrast(page: Page): Promise<Contrast> {
  const [found] = await contrasts(
    page,
    `[document.activeElement].map((element) => {
      const { outlineStyle, outlineColor } = getComputedStyle(element);
      const ground = groundOf(element.parentElement);
      return [nameOf(element), outlineStyle === 'none' ? ground : outlineColor, ground];
    })`,
  );
  if (found === undefined) throw new Error('nothing has the focus');
  return found;
}

/** How much of the page is to the right of the window, in CSS pixels. */
export const overflowOf = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

/** Height of every control, in CSS pixels. WCAG 2.2 §2.5.8 wants 24. */
export const controlHeights = (page: Page): Promise<readonly number[]> =>
  page.evaluate(`[...document.querySelectorAll('button, input:not([type=hidden])')]
    .map((element) => element.getBoundingClientRect().height)`);

async function contrasts(page: Page, pairs: string): Promise<readonly Contrast[]> {
  const found = await page.evaluate<readonly Pair[]>(`(() => { ${IN_PAGE} return ${pairs}; })()`);
  return found.map(([where, color, ground]) => ({ where, ratio: ratioOf(color, ground) }));
}

function ratioOf(color: string, ground: string): number {
  const [dark = 0, light = 0] = [luminance(color), luminance(ground)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** WCAG 2.2, relative luminance. */
function luminance(color: string): number {
  const parts = /^rgb\((\d+), (\d+), (\d+)\)$/.exec(color)?.slice(1);
  if (parts === undefined) throw new Error(`${color} is not opaque`);
  const [red = 0, green = 0, blue = 0] = parts.map((text) => {
    const part = Number(text) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
