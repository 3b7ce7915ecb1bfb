// graphql-request, for scripts and servers: a query with variables, all pages, and a mutation that may be refused.
import { ClientError, GraphQLClient } from 'graphql-request'
import { graphql } from './gql/index.js'

const client = new GraphQLClient(process.env.REGULARS_URL ?? 'http://127.0.0.1:8000/graphql', {
  headers: {
    authorization: `Bearer ${process.env.REGULARS_KEY}`,
    'accept-language': 'en',
    accept: 'application/graphql-response+json', // an invalid request is then HTTP 400, not 200
  },
})

const Members = graphql(`
  query Members($id: ID!, $after: String) {
    segment(id: $id) {
      key
      count { value exact }
      members(first: 250, after: $after) {
        nodes { id displayName orders(first: 1) { nodes { placedAt netTotal currency } } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
`)

const Segments = graphql(`
  query Segments {
    segments { nodes { id key } }
  }
`)

const Define = graphql(`
  mutation Define($input: AttributeDefinitionInput!) {
    attributeDefine(input: $input) {
      __typename
      ... on AttributeSuccess { attribute { id key type } }
      ... on Problem { code message path }
      ... on Invalid { fields { path code message } }
    }
  }
`)

const { segments } = await client.request(Segments)
const wanted = segments!.nodes.find((one) => one.key === (process.argv[2] ?? 'regulars'))!

const seen: string[] = []
let count = 0
let after: string | null | undefined
let pages = 0
do {
  const { segment } = await client.request(Members, { id: wanted.id, after })
  count = segment!.count!.value
  seen.push(...segment!.members!.nodes.map((one) => one.id))
  const info = segment!.members!.pageInfo
  after = info.hasNextPage ? info.endCursor : null
  pages += 1
} while (after)

async function define(key: string) {
  const { attributeDefine } = await client.request(Define, { input: { key, label: { en: 'Club' }, type: 'TEXT' } })
  if (attributeDefine.__typename === 'AttributeSuccess') return `defined ${attributeDefine.attribute.key}`
  return attributeDefine.code
}

// What is not expected is thrown, with the status and the errors of the answer.
let status: unknown
let code: unknown
try {
  await client.request('{ noSuchField }')
} catch (error) {
  if (!(error instanceof ClientError)) throw error
  status = error.response.status
  code = error.response.errors![0]!.extensions.code
}

console.log(
  JSON.stringify({
    total: count,
    pages,
    seen: new Set(seen).size,
    saved: await define('club'),
    refused: await define('not a key'),
    status,
    error: code,
  }),
)
