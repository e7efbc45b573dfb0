// A home page as Relay's documents ask for it: fragments, a feed that pages both ways, shelves that page by themselves.
import { graphql } from "relay-runtime";

export const home = graphql`
  query HomeQuery($shelves: Int, $items: Int) {
    viewer {
      id
      ...HomeFeed
      home(first: $shelves) {
        slateId
        profiled
        hero { ...HomeCard }
        shelves { id key title reason { text } ...HomeShelf @arguments(items: $items) }
        degraded { part effect }
      }
    }
  }
`;

export const card = graphql`
  fragment HomeCard on Recommendation {
    token
    position
    item {
      __typename
      itemId
      title
      imageUrl
      ... on Product { price { amount currency } listPrice { amount currency } discountRate inStock }
      ... on Content { publishedAt }
      ... on Ad { advertiser payer }
    }
    reasons(first: 2) { code text share evidence { kind day eventId item { itemId title } } }
  }
`;

export const feed = graphql`
  fragment HomeFeed on Customer
  @refetchable(queryName: "HomeFeedRefetch")
  @argumentDefinitions(
    first: { type: "Int", defaultValue: 20 }
    after: { type: "String" }
    last: { type: "Int" }
    before: { type: "String" }
  ) {
    recommendations(first: $first, after: $after, last: $last, before: $before)
      @connection(key: "HomeFeed_recommendations") {
      slateId
      edges { cursor node { id ...HomeCard } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
`;

export const shelf = graphql`
  fragment HomeShelf on Shelf
  @refetchable(queryName: "HomeShelfRefetch")
  @argumentDefinitions(items: { type: "Int", defaultValue: 12 }, after: { type: "String" }) {
    items(first: $items, after: $after) @connection(key: "HomeShelf_items") {
      edges { node { id ...HomeCard } }
    }
  }
`;

export const record = graphql`
  mutation HomeRecordMutation($input: RecordEventsInput!) {
    recordEvents(input: $input) { accepted duplicates userErrors { field code message } clientMutationId }
  }
`;
