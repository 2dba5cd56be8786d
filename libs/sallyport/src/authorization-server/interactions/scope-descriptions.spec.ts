import { describeScope, resolveScopeDescriptions } from './scope-descriptions.js';

describe('resolveScopeDescriptions', () => {
  it('describes what OpenID Connect defines, unless the host does', () => {
    const descriptions = resolveScopeDescriptions({ openid: 'Sign you in', 'a:b': 'Do it' }, []);
    expect(descriptions).toMatchObject({ openid: 'Sign you in', 'a:b': 'Do it' });
    expect(Object.keys(descriptions)).toEqual([
      'openid',
      'profile',
      'email',
      'offline_access',
      'a:b',
    ]);
  });

  it('names every mistake', () => {
    const mistakes: string[] = [];
    resolveScopeDescriptions({ 'a b': 'x', c: ' ' }, mistakes);
    expect(mistakes).toEqual([
      'scopeDescriptions names a b, which is no scope',
      'scopeDescriptions.c must not be empty',
    ]);
  });
});

describe('describeScope', () => {
  it('lets a value that nobody described stand for itself', () => {
    const descriptions = resolveScopeDescriptions({ 'a:b': 'Do it' }, []);
    expect(describeScope(['a:b', 'c', 'constructor'], descriptions)).toEqual([
      { value: 'a:b', description: 'Do it' },
      { value: 'c', description: 'c' },
      { value: 'constructor', description: 'constructor' },
    ]);
  });
});
