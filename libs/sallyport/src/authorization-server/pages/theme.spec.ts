import { resolveTheme, type ThemeOptions } from './theme.js';

const mistakesOf = (options: unknown): string[] => {
  const mistakes: string[] = [];
  resolveTheme(options as ThemeOptions, mistakes);
  return mistakes;
};

describe('resolveTheme', () => {
  it('has a name and a colour of its own, and adds nothing to the stylesheet', () => {
    expect(resolveTheme({}, [])).toEqual({
      name: 'Sallyport',
      accentColor: '#2f5d50',
      accentTextColor: '#ffffff',
      stylesheet: '',
    });
  });

  it('names every mistake at once', () => {
    expect(mistakesOf({ name: ' ', accentColor: 'red', stylesheet: 7 })).toEqual([
      'theme.name must be 1 to 100 characters',
      'theme.accentColor must be a colour as #rrggbb',
      'theme.stylesheet must be CSS of at most 65536 characters',
    ]);
  });

  it.each(['#fff', '#12345g', '#1234567', '#123456;}', '', 0x12_34_56])(
    'refuses %j as a colour',
    (accentColor) => {
      expect(mistakesOf({ accentColor })).toHaveLength(1);
    },
  );

  it.each([
    ['#000000', '#ffffff'],
    ['#777777', '#000000'],
    ['#747474', '#ffffff'],
    ['#ffd400', '#000000'],
    ['#0000ff', '#ffffff'],
  ])('writes on %s in %s, which stands out by 4.5 : 1', (accentColor, accentTextColor) => {
    expect(resolveTheme({ accentColor }, [])).toMatchObject({ accentTextColor });
  });
});
