// What the page itself says. Titles and reasons are the service's, in the language that each request asks for.

const ENGLISH = {
  title: "For you, and why",
  visitor: "A visitor",
  customer: (id: string) => `Customer ${id}`,
  hero: "First of all",
  live: "Right now",
  liveForYou: "Follows what you do, as you do it.",
  liveForAll: "The same for everybody.",
  more: "More",
  moreOf: (shelf: string) => `More of ${shelf}`,
  off: (percent: number) => `${percent} % off`,
  insteadOf: "instead of",
  advertisement: (advertiser: string, payer: string) => `Advertisement by ${advertiser}, paid by ${payer}`,
  story: "To read",
  consent: "Choose for me by what I do here",
  granted: "From now on, chosen for you.",
  withdrawn: "From now on, the same for everybody.",
  noted: (title: string) => `Noted: ${title}`,
  unreachable: "The shop cannot be reached.",
  again: "Try again",
  failed: (code: string) => `That did not work (${code}).`,
  refusals: {
    UNAUTHENTICATED: "Please sign in again.",
    THROTTLED: "That was a lot at once. Please try again in a moment.",
    SLATE_EXPIRED: "This list is over half an hour old; here is a new one.",
  } as Record<string, string>,
};

const JAPANESE: typeof ENGLISH = {
  title: "あなたへのおすすめと、その理由",
  visitor: "ゲストのお客さま",
  customer: (id) => `お客さま番号 ${id}`,
  hero: "まずはこちら",
  live: "いまのおすすめ",
  liveForYou: "ご覧になるたびに、その場で変わります。",
  liveForAll: "どなたにも同じものです。",
  more: "もっと見る",
  moreOf: (shelf) => `もっと見る：${shelf}`,
  off: (percent) => `${percent}%引き`,
  insteadOf: "通常価格",
  advertisement: (advertiser, payer) => `広告　広告主：${advertiser}、支払者：${payer}`,
  story: "読みもの",
  consent: "ここでの行動をもとに選ぶ",
  granted: "これからは、あなたに合わせて選びます。",
  withdrawn: "これからは、どなたにも同じものをお見せします。",
  noted: (title) => `記録しました：${title}`,
  unreachable: "お店につながりません。",
  again: "もう一度試す",
  failed: (code) => `うまくいきませんでした（${code}）。`,
  refusals: {
    UNAUTHENTICATED: "もう一度ログインしてください。",
    THROTTLED: "操作が続きました。少し待ってからお試しください。",
    SLATE_EXPIRED: "30分以上たちましたので、新しい一覧をお見せします。",
  },
};

const LANGUAGES = { en: ENGLISH, ja: JAPANESE };

/** By `?language=`, else the first of the browser's that the page speaks. */
export const language = chosen();
export const words = LANGUAGES[language];

function chosen(): keyof typeof LANGUAGES {
  const wished = [new URLSearchParams(location.search).get("language") ?? "", ...navigator.languages];
  const spoken = wished.map((one) => one.slice(0, 2)).find((one) => one in LANGUAGES);
  return spoken === "ja" ? "ja" : "en";
}
