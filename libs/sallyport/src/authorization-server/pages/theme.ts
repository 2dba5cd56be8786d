import { isName } from '../../input.js';

export interface ThemeOptions {
  /** Of the product that people sign in to. @default 'Sallyport' */
  readonly name?: string;
  /** Of buttons and the mark beside the name, `#rrggbb`; what is written on it becomes black or white. @default '#2f5d50' */
  readonly accentColor?: string;
  /** CSS that is appended to ours; the colours are custom properties of `:root`. @default '' */
  readonly stylesheet?: string;
}

/** How the pages look. */
export interface Theme {
  readonly name: string;
  readonly accentColor: string;
  /** Black or white: what can be read on the accent colour. */
  readonly accentTextColor: string;
  readonly stylesheet: string;
}

export const THEME = Symbol('Theme');

const COLOR = /^#[0-9a-f]{6}$/i;
const MAX_STYLESHEET_LENGTH = 65_536;

export function resolveTheme(options: ThemeOptions, mistakes: string[]): Theme {
  const { name = 'Sallyport', accentColor = '#2f5d50', stylesheet = '' } = options;
  if (typeof name !== 'string' || !isName(name)) {
    mistakes.push('theme.name must be 1 to 100 characters');
  }
  const isColor = typeof accentColor === 'string' && COLOR.test(accentColor);
  if (!isColor) {
    mistakes.push('theme.accentColor must be a colour as #rrggbb');
  }
  if (typeof stylesheet !== 'string' || stylesheet.length > MAX_STYLESHEET_LENGTH) {
    mistakes.push(
      `theme.stylesheet must be CSS of at most ${MAX_STYLESHEET_LENGTH.toString()} characters`,
    );
  }
  return Object.freeze({
    name,
    accentColor,
    accentTextColor: isColor && luminance(accentColor) > EQUAL_CONTRAST ? '#000000' : '#ffffff',
    stylesheet,
  });
}

/** Black and white stand out alike from this luminance, by 4.58 : 1. */
const EQUAL_CONTRAST = 0.179;

/** WCAG 2.2, relative luminance: 0 is black, 1 is white. */
function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const part = Number.parseInt(color.slice(start, start + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
