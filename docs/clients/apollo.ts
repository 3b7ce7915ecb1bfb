// Apollo Client: a query with variables, all pages of a connection, and a mutation that may be refused.
import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client'
import { CombinedGraphQLErrors } from '@apollo/client/errors'
import { relayStylePagination } from '@apollo/client/utilities'
import { graphql } from './gql/index.js'
import possible from './gql/possible-types.js'

const client = new ApolloClient({
  link: new HttpLink({
    uri: process.env.REGULARS_URL ?? 'http://127.0.0.1:8000/graphql',
    headers: { authorization: `Bearer ${process.env.REGULARS_KEY}`, 'accept-language': 'en' },
  }),
  cache: new InMemoryCache({
    possibleTypes: possible.possibleTypes, // else `... on Problem` stays empty
    typePolicies: {
      Query: {
        // All pages of the same question are one list in the cache.
        fields: { customers: relayStylePagination(['where', 'search', 'orderBy']) },
      },
    },
  }),
})

const OfACity = graphql(`
  query OfACity($where: RuleInput!, $after: String) {
    customers(where: $where, first: 100, after: $after, orderBy: NAME) {
      totalCount
      edges { node { id displayName city } }
      pageInfo { hasNextPage endCursor }
    }
  }
`)

const Save = graphql(`
  mutation Save($input: CustomerInput!) {
    customerUpsert(input: $input) {
      __typename
      ... on CustomerSuccess { created customer { id version displayName city } }
      ... on Problem { code message path }
      ... on Invalid { fields { path code message } }
    }
  }
`)

const city = process.argv[2] ?? 'Ulm'
const where = { attribute: { key: 'city', test: { text: { eq: city } } } }

// Every page: the cache joins it to those before, so that the last answer holds them all.
async function page(after?: string | null) {
  const { data } = await client.query({ query: OfACity, variables: { where, after }, fetchPolicy: 'network-only' })
  return data!.customers!
}
let all = await page()
let pages = 1
while (all.pageInfo.hasNextPage) {
  all = await page(all.pageInfo.endCursor)
  pages += 1
}

async function save(input: { displayName: string; email: string }) {
  const refs = [{ system: 'docs', value: 'apollo' }]
  const { data } = await client.mutate({ mutation: Save, variables: { input: { externalRefs: refs, city, ...input } } })
  const saved = data!.customerUpsert
  switch (saved.__typename) {
    case 'CustomerSuccess':
      return `saved ${saved.customer.displayName}`
    case 'Invalid':
      return saved.fields.map((field) => `${field.path.join('.')}: ${field.code}`).join()
    default: // every other problem, also those to come
      return saved.code
  }
}

// What is not expected is thrown.
let code: unknown
try {
  await client.query({ query: OfACity, variables: { where: { segment: { key: 'no_such' } } } })
} catch (error) {
  if (!CombinedGraphQLErrors.is(error)) throw error
  code = error.errors[0]!.extensions!.code
}

console.log(
  JSON.stringify({
    total: all.totalCount,
    pages,
    seen: new Set(all.edges.map((edge) => edge.node.id)).size,
    saved: await save({ displayName: 'Ada Apollo', email: 'ada@example.com' }),
    refused: await save({ displayName: 'Ada Apollo', email: 'no at sign' }),
    error: code,
  }),
)
client.stop()
