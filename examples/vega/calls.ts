import type { JsonValue } from '@super-data/contract'

/** One call of a tool and what a person can check of its answer: values that must stand somewhere in it. */
export interface ExampleCall {
  readonly tool: string
  readonly params: Readonly<Record<string, JsonValue>>
  readonly holds: readonly JsonValue[]
}

/** Every tool of `tools.yml`, called in the ways that differ. */
export const vegaCalls: readonly ExampleCall[] = [
  { tool: 'movies_search', params: { words: 'star wars' }, holds: ['Star Wars Ep. IV: A New Hope', '1977-05-25'] },
  { tool: 'movies_search', params: { words: '21' }, holds: ['21'] },
  { tool: 'movies_top_rated', params: {}, holds: ['The Godfather', 9.2] },
  {
    tool: 'movies_top_rated',
    params: { genre: 'Western', min_votes: 1000, limit: 3 },
    holds: ['Butch Cassidy and the Sundance Kid', 1969],
  },
  { tool: 'movies_best_return', params: { min_budget: 100_000_000, limit: 3 }, holds: ['Avatar'] },
  { tool: 'movies_best_return', params: {}, holds: ['Rocky', 22400, 'Snow White and the Seven Dwarfs', 1937] },
  { tool: 'movies_by_group', params: {}, holds: ['Adventure'] },
  {
    tool: 'movies_by_group',
    params: { group: 'Distributor', measure: 'US Gross', aggregate: 'count', limit: 1 },
    holds: ['Warner Bros.'],
  },
  { tool: 'movies_rating_histogram', params: {}, holds: ['IMDB Rating', 2988, 6.4] },
  { tool: 'movies_rating_histogram', params: { rating: 'Rotten Tomatoes Rating', bins: 4 }, holds: [2321] },
  { tool: 'cars_most_economical', params: {}, holds: ['mazda glc', 46.6, 5] },
  { tool: 'cars_most_economical', params: { origin: 'USA', limit: 1 }, holds: ['USA'] },
  { tool: 'cars_by_year', params: {}, holds: [1970, 1982, 'Japan'] },
  { tool: 'cars_by_year', params: { origin: 'Europe' }, holds: ['Europe'] },
  { tool: 'cars_named', params: { word: 'Volvo' }, holds: ['volvo 145e (sw)'] },
  { tool: 'cars_named', params: { word: 'dodge aspen 6' }, holds: ['dodge aspen 6'] },
  { tool: 'seattle_weather_by_month', params: {}, holds: ['2012-01', '2015-12'] },
  { tool: 'seattle_weather_by_month', params: { year: 2013 }, holds: ['2013-12', 31] },
  { tool: 'seattle_longest_spells', params: {}, holds: ['2012-12-09', '2012-12-27', 19] },
  { tool: 'seattle_longest_spells', params: { kind: 'dry', limit: 1 }, holds: ['2012-07-23', '2012-09-08', 48] },
  { tool: 'seattle_temperature_summary', params: {}, holds: ['rain', 641, 'snow', 26] },
  { tool: 'stocks_growth', params: {}, holds: ['AAPL', 223.02, 'GOOG'] },
  { tool: 'stocks_growth', params: { from: '2008-01-01', to: '2008-12-31', symbols: ['IBM'] }, holds: ['IBM'] },
  { tool: 'stocks_largest_falls', params: {}, holds: ['AMZN'] },
  { tool: 'stocks_moving_average', params: { symbol: 'IBM' }, holds: ['IBM', 12, 123] },
  { tool: 'stocks_moving_average', params: { symbol: 'GOOG', window: 200 }, holds: ['not enough data', 68] },
  { tool: 'sp500_by_year', params: {}, holds: [2000, 1394.46, 2010] },
  { tool: 'co2_by_year', params: {}, holds: [1958, 2020] },
  { tool: 'co2_by_year', params: { from: 2018, to: 2019 }, holds: [2018, 2019] },
  { tool: 'co2_by_decade', params: {}, holds: ['1950s', '2020s'] },
  { tool: 'flights_delays_by_airport', params: {}, holds: ['JFK', 24.7] },
  { tool: 'flights_delays_by_airport', params: { min_flights: 1, limit: 2, late_after: 60 }, holds: ['RST', 142] },
  { tool: 'flights_delay_percentiles', params: {}, holds: ['06', '21'] },
  { tool: 'flights_delay_percentiles', params: { most: 99.5 }, holds: ['06'] },
  { tool: 'flights_busiest_airports', params: {}, holds: ['ATL', 'Atlanta'] },
  { tool: 'flights_busiest_airports', params: { state: 'ca', limit: 2 }, holds: ['LAX', 'CA'] },
  { tool: 'flights_routes_from', params: { airport: 'sea', limit: 3 }, holds: ['Anchorage', 2326] },
  { tool: 'countries_ranked', params: {}, holds: ['Japan', 82.5] },
  { tool: 'countries_ranked', params: { measure: 'pop', year: 1955, limit: 1 }, holds: ['China', 1] },
  { tool: 'country_history', params: { country: 'brazil' }, holds: ['Brazil', 'increasing', 1955, 2005] },
  { tool: 'countries_most_changed', params: {}, holds: ['Peru', 33.49] },
  {
    tool: 'countries_most_changed',
    params: { direction: 'fell', from: 1990, limit: 3 },
    holds: ['South Africa', -12.08],
  },
  { tool: 'penguins_summary', params: {}, holds: ['Gentoo', 123] },
  { tool: 'penguins_summary', params: { group: 'Sex', measure: 'Beak Depth (mm)' }, holds: ['FEMALE', null] },
  { tool: 'penguins_correlation', params: {}, holds: [0.8712] },
  { tool: 'earthquakes_strongest', params: {}, holds: [6.4] },
  { tool: 'earthquakes_strongest', params: { min_magnitude: 9 }, holds: [] },
  { tool: 'earthquakes_near', params: { lat: 37.7749, lon: -122.4194, limit: 3 }, holds: [13, 11.8] },
  { tool: 'capitals_nearest', params: { lat: 47.6062, lon: -122.3321, limit: 2 }, holds: ['Olympia', 'Salem'] },
  { tool: 'jobs_women_share', params: {}, holds: ['Ticket Agent', 62.6] },
  {
    tool: 'jobs_women_share',
    params: { from: 1850, to: 2000, min_people: 1000, limit: 3 },
    holds: ['Bookkeeper', 89.7],
  },
  { tool: 'jobs_largest', params: {}, holds: ['Manager / Owner', 18425015] },
  { tool: 'jobs_largest', params: { year: 1850, sex: 'women', limit: 5 }, holds: ['Farmer', 17583] },
  { tool: 'iowa_electricity_mix', params: {}, holds: ['Renewables', 38.84] },
]
