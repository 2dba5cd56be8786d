import { SallyportError } from '../errors.js';
import { readSignatures } from './signature-input.js';

const LIST = '("@method" "content-digest" "@query-param";name="a b" "x-a";bs)';
const SIGNATURE = 'sig1=:YWJj:';

const read = (input: string, signature = SIGNATURE): unknown => {
  try {
    return readSignatures(input, signature);
  } catch (error) {
    if (error instanceof SallyportError) return error.code;
    throw error;
  }
};

describe('Signatures that are spelt as usual', () => {
  it.each([
    `sig1=${LIST};created=1;keyid="a/b c";alg="ed25519";nonce="!#[]~";tag="t";expires=2`,
    `sig1=${LIST}`,
    `sig1=${LIST};created=0`,
    'sig1=()',
    'sig1=();nonce=""',
  ])('are read alike the first time and every other time: %s', (input) => {
    const first = read(input);
    expect(first).toHaveLength(1);
    expect(read(input)).toEqual(first);
  });

  it.each([
    [`sig1=${LIST};created=01`, { created: 1 }],
    [`sig1=${LIST};created=-1`, { created: -1 }],
    [`sig1=${LIST};created=1;created=2`, { created: 2 }],
    [`sig1=${LIST};nonce="a\\"b"`, { nonce: 'a"b' }],
    [`sig1=${LIST}; nonce="a"`, { nonce: 'a' }],
    [` sig1=${LIST};nonce="a" `, { nonce: 'a' }],
    [`sig1=( ${LIST.slice(1)};nonce="a"`, { nonce: 'a' }],
  ])('leave to the parser what is spelt otherwise: %s', (input, parameters) => {
    read(`sig1=${LIST}`);
    const serialized = expect.not.stringMatching(/^ | $|; |\( |=0\d|created=1;/) as string;
    expect(read(input)).toMatchObject([{ parameters, serialized }]);
  });

  it.each([
    [`sig1=${LIST};created=1;color="red"`, SIGNATURE],
    [`sig1=${LIST};created=`, SIGNATURE],
    [`sig1=${LIST};nonce="é"`, SIGNATURE],
    [`sig1=${LIST};nonce="a`, SIGNATURE],
    [`sig1=${LIST};nonce="${'n'.repeat(257)}"`, SIGNATURE],
    [`sig1=${LIST};created=1234567890123456`, SIGNATURE],
    [`sig1=${LIST}x`, SIGNATURE],
    [`sig1=${LIST},sig1=${LIST}`, SIGNATURE],
    [`Sig1=${LIST}`, 'Sig1=:YWJj:'],
    [`sig1=${LIST}`, 'sig2=:YWJj:'],
    [`sig1=${LIST}`, 'sig1=:YWJ*:'],
    [`sig1=${LIST}`, 'sig1="YWJj"'],
    [`sig1=${LIST}`, 'sig1=:YWJj:, sig2=:YWJj:'],
    [`sig1=${LIST}`, 'sig1'],
    [`sig1=${LIST}`, 'sig1=:'],
    [LIST, SIGNATURE],
  ])('refuse what the parser refuses, after the same list was seen: %s', (input, signature) => {
    read(`sig1=${LIST}`);
    expect(read(input, signature)).toBe('ERR_SIGNATURE_MALFORMED');
  });
});
