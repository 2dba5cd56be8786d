import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The app's own two tables, beside Sallyport's, which bring migrations of their own. Does no harm where they exist. */
export class CreateInvoices1767225600000 implements MigrationInterface {
  readonly name = 'CreateInvoices1767225600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE IF NOT EXISTS users (
        issuer text NOT NULL,
        subject text NOT NULL,
        username text NOT NULL,
        department text NOT NULL,
        password_hash text NOT NULL,
        PRIMARY KEY (issuer, subject),
        CONSTRAINT users_username UNIQUE (issuer, username)
      )`);
    await runner.query('CREATE SEQUENCE IF NOT EXISTS invoice_numbers');
    await runner.query(`
      CREATE TABLE IF NOT EXISTS invoices (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        number text NOT NULL,
        department text NOT NULL,
        amount_cents integer NOT NULL CHECK (amount_cents > 0),
        currency text NOT NULL,
        status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'approved')),
        created_by text NOT NULL,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        CONSTRAINT invoices_number UNIQUE (department, number)
      )`);
    await runner.query(
      'CREATE INDEX IF NOT EXISTS invoices_newest ON invoices (created_at DESC, id DESC)',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE invoices');
    await runner.query('DROP SEQUENCE invoice_numbers');
    await runner.query('DROP TABLE users');
  }
}
