/** A piece of HTML that may stand in a document as it is. */
export class Html {
  constructor(readonly text: string) {}
}

type Piece = string | Html;

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const render = (piece: Piece): string =>
  piece instanceof Html
    ? piece.text
    : piece.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? '');

/**
 * Every text among the values is escaped, for element content and for attributes in quotes; other places, such as
 * a URL's scheme, are not made safe by it. Null leaves nothing.
 */
export function html(
  parts: TemplateStringsArray,
  ...values: readonly (Piece | readonly Piece[] | null)[]
): Html {
  const texts = values.map((value) =>
    [value ?? []]
      .flat()
      .map((piece) => render(piece))
      .join(''),
  );
  return new Html(String.raw({ raw: parts }, ...texts));
}
