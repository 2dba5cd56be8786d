import { resolveRoles, type RoleOptions } from './role-hierarchy.js';

const roles = {
  viewer: ['invoices:read'],
  editor: ['viewer', 'invoices:write'],
  admin: ['editor', 'invoices:approve'],
};

function mistakesIn(options: unknown): string[] {
  const mistakes: string[] = [];
  resolveRoles(options as RoleOptions, mistakes);
  return mistakes;
}

describe('RoleHierarchy', () => {
  const hierarchy = resolveRoles(roles, []);

  it('gives a role all that it inherits [C50]', () => {
    expect([...hierarchy.expand(['admin'])].sort()).toEqual(['admin', 'editor', 'viewer']);
    expect([...hierarchy.scopeOf(['admin'])].sort()).toEqual([
      'invoices:approve',
      'invoices:read',
      'invoices:write',
    ]);
  });

  it('gives no role anything from above it', () => {
    expect([...hierarchy.expand(['viewer'])]).toEqual(['viewer']);
    expect([...hierarchy.scopeOf(['viewer'])]).toEqual(['invoices:read']);
  });

  it('gives nothing to a role that is not configured, nor to no role', () => {
    expect([...hierarchy.expand(['auditor'])]).toEqual(['auditor']);
    expect(hierarchy.scopeOf(['auditor', '__proto__', 'constructor']).size).toBe(0);
    expect(hierarchy.scopeOf([]).size).toBe(0);
  });

  it('takes a diamond for no cycle', () => {
    const options = { top: ['left', 'right'], left: ['base'], right: ['base'], base: ['a:b'] };
    expect(mistakesIn(options)).toEqual([]);
    expect([...resolveRoles(options, []).scopeOf(['top'])]).toEqual(['a:b']);
  });

  it('is unused when no roles are configured', () => {
    expect(resolveRoles(undefined, []).isUsed).toBe(false);
    expect(hierarchy.isUsed).toBe(true);
  });

  it('is used when no role is configured by choice: then users have no scope at all', () => {
    const mistakes: string[] = [];
    const empty = resolveRoles({}, mistakes);
    expect(mistakes).toEqual([]);
    expect(empty.isUsed).toBe(true);
    expect(empty.scopeOf(['viewer'])).toEqual(new Set());
  });

  it.each([null, [], 'viewer'])('reports %j, which is no set of roles', (roles) => {
    expect(mistakesIn(roles as never)).toEqual(['roles must be an object of lists']);
  });

  it('reports a cycle with its path', () => {
    expect(mistakesIn({ a: ['b'], b: ['c'], c: ['b', 'x:y'] })).toEqual([
      'roles: b → c → b inherits itself',
    ]);
    expect(mistakesIn({ a: ['a'] })).toEqual(['roles: a → a inherits itself']);
  });

  it.each([
    [{ viewer: ['two words'] }, 'neither a role nor a scope'],
    [{ viewer: [''] }, 'neither a role nor a scope'],
    [{ viewer: [7] }, 'neither a role nor a scope'],
    [{ viewer: 'invoices:read' }, 'must be a list'],
    [{ 'a role': [] }, 'must be 1 to 64'],
    [{ viewer: [], editor: ['Viewer'] }, 'is spelt "viewer"'],
  ])('reports %j', (options, mistake) => {
    const mistakes = mistakesIn(options);
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]).toContain(mistake);
  });

  it('reports all mistakes together', () => {
    expect(mistakesIn({ 'a role': ['b c'], x: ['x'] })).toHaveLength(3);
  });
});
