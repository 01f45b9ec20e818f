import { type Kysely, sql } from 'kysely'

/**
 * Request ids are scoped to the caller, and those of definitions and player records to the title or player too. The callers
 * of earlier requests are not known: `?` is any caller that sends the same request, and an empty scope any scope.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  // The defaults also serve servers of the version before, which may still insert.
  `alter table player_requests add column caller text not null default '?',
    drop constraint player_requests_pkey`,
  'alter table player_requests add primary key (player_id, request_id, caller)',
  `alter table definition_requests add column scope text not null default '',
    add column caller text not null default '?', drop constraint definition_requests_pkey`,
  'alter table definition_requests add primary key (scope, request_id, caller)',
]
