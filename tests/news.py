"""An invented English article, as sentences: what a translated one looks like."""

BRIDGE = (
    "The town council of Altenbruck voted on Tuesday to replace the old bridge across the Linde.",
    "The new bridge will cost 42 million euros and is to open in the autumn of 2028.",
    "Mayor Karla Weidner said the vote ended eleven years of argument about the crossing.",
    '"We have waited long enough," she said.',
    "An engineer's report in March had found 130 cracks in the piers of the bridge.",
    "It was built in 1931 and has carried no lorries since 2019.",
    "Who pays for the detour?",
    "The regional government in Kleinwalde pays 60 percent of the cost, Weidner said.",
    "Altenbruck has to find the rest, about 17 million euros, in its own budget.",
    "The opposition leader, Jonas Petermann, called the plan a gamble with public money.",
    "But he voted for it.",
    "Shopkeepers in School Street fear that two years of building will keep customers away.",
    "The council promised them a fund of 300,000 euros for the months when the street is closed.",
    "Buses will take pupils to the secondary school by way of Nordheim.",
    "A cycle path four metres wide is planned on the southern side of the new bridge.",
    "Read more about the bridges of the Linde here.",
    "The old one will be taken down in the winter of 2028, when the river is low.",
    "Its iron arches go to the regional museum, which asked for them five years ago.",
)
