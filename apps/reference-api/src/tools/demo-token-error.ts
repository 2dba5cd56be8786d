/** A token that cannot be had; the message tells a developer why, and what to do. */
export class DemoTokenError extends Error {}
