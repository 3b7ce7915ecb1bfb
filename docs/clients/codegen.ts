// Types for every operation of the programs here.  Strict: a scalar without a type below is an error, never `any`.
import type { CodegenConfig } from '@graphql-codegen/cli'

const config: CodegenConfig = {
  // Or the file schema.graphql of the repository; both are the same, and neither needs a key.
  schema: process.env.REGULARS_SCHEMA ?? 'http://127.0.0.1:8000/schema.graphql',
  documents: ['*.ts', '!codegen.ts'],
  emitLegacyCommonJSImports: false, // imports end in .js, as Node wants them
  generates: {
    './gql/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        strictScalars: true,
        useTypeImports: true,
        enumsAsTypes: true,
        defaultScalarType: 'unknown',
        scalars: {
          ID: 'string',
          BigInt: 'string', // "9007199254740993": exact; Number() would round it
          Date: 'string', // 2026-01-31
          DateTime: 'string', // 2026-01-31T09:30:00.000001Z, UTC
          Decimal: 'string', // "12.50": exact; Number() would round it
          Duration: 'string', // P30D
          JSON: 'unknown',
        },
      },
    },
    // Which types are a Problem: Apollo Client's cache must know.
    './gql/possible-types.ts': {
      plugins: ['fragment-matcher'],
      config: { useExplicitTyping: true },
    },
  },
}

export default config
