const PRODUCT = /^\s*([\w!#$%&'*+.^`|~-]{1,64})(?:\/([\w.+-]{1,32}))?(?=[\s;(]|$)/;
/** Texts of one kind of client differ in little that matters: many share a label. */
const MAX_TEXTS = 1000;
/** What follows is neither read nor kept. */
const MAX_LENGTH = 256;

/** The product that `User-Agent` names first, with its version (RFC 9110 §10.1.5): `InvoicesApp/2.3.1`. */
export class UserAgents {
  private readonly known = new Map<string, string>();

  labelOf(text: string | undefined): string {
    if (text === undefined) return '';
    const head = text.slice(0, MAX_LENGTH);
    const known = this.known.get(head);
    if (known !== undefined) return known;
    const label = productOf(head);
    if (this.known.size >= MAX_TEXTS) this.known.clear();
    this.known.set(head, label);
    return label;
  }
}

function productOf(text: string): string {
  const [, product, version] = PRODUCT.exec(text) ?? [];
  if (product === undefined) return 'unreadable';
  return version === undefined ? product : `${product}/${version}`;
}
