//! Pages of a log.

use std::collections::HashSet;

use halloo_core::groups::GroupId;
use halloo_core::messages::{Conversation, Kinds, Message, NewMessage, Removal, Select, Sequence};

use super::ground::{
    ALICE, ALL, APP, GROUP, Ground, OTHER_APP, PAIR, at, between, kind, numbers, sent,
};

/// What `select` asks for, by looking at every message.
fn chosen(all: &[Message], select: Select) -> Vec<u64> {
    let mut chosen: Vec<_> = all
        .iter()
        .filter(|message| {
            let is_behind = select.after.is_none_or(|after| {
                if select.descending {
                    message.sequence < after
                } else {
                    message.sequence > after
                }
            });
            let in_time = message.sent >= select.range.begin && message.sent <= select.range.end;
            is_behind && in_time && select.kinds.contains(message.content.kind)
        })
        .map(|message| message.sequence.0)
        .collect();
    if select.descending {
        chosen.reverse();
    }
    chosen.truncate(select.limit);
    chosen
}

pub async fn a_page_holds_what_was_asked_for(mut ground: Ground) {
    let mut kinds = [30, 31, 66].into_iter().cycle();
    for ms in [10, 10, 20, 30, 30, 30, 50, 60] {
        let mut message = sent(PAIR, ms);
        message.content.kind = kind(kinds.next().unwrap());
        ground.append(message).await.unwrap();
    }
    let removal = Removal::One(Sequence(5));
    ground
        .log()
        .remove_messages(APP, PAIR, removal)
        .await
        .unwrap();
    let all = ground.all(PAIR).await;
    assert_eq!(numbers(&all), [1, 2, 3, 4, 6, 7, 8]);
    ground.reopen();
    let edges = [i64::MIN / 2, 5, 10, 15, 20, 30, 40, 50, 60, 61];
    for begin in edges {
        for end in edges {
            for after in [
                None,
                Some(0),
                Some(1),
                Some(4),
                Some(5),
                Some(8),
                Some(9),
                Some(u64::MAX),
            ] {
                for descending in [false, true] {
                    for kinds in [Kinds::ALL, Kinds::of([66]), Kinds::of([])] {
                        for limit in [0, 1, 3, 7, 8, 1000] {
                            let select = Select {
                                descending,
                                after: after.map(Sequence),
                                range: between(begin, end),
                                kinds,
                                limit,
                            };
                            let page = ground.select(PAIR, select).await;
                            assert_eq!(numbers(&page), chosen(&all, select), "{select:?}");
                        }
                    }
                }
            }
        }
    }
}

pub async fn going_on_behind_each_page_gives_every_message_once(mut ground: Ground) {
    ground.fill(GROUP, 250).await;
    ground.fill(Conversation::Group(GroupId(0)), 3).await;
    ground.fill(Conversation::Group(GroupId(2)), 3).await;
    for n in [1, 2, 3, 100, 101, 102, 103, 104, 105, 106, 107, 250] {
        let removal = Removal::One(Sequence(n));
        ground
            .log()
            .remove_messages(APP, GROUP, removal)
            .await
            .unwrap();
    }
    ground.reopen();
    let mut expected = numbers(&ground.all(GROUP).await);
    assert_eq!(expected.len(), 238);
    for descending in [false, true] {
        for limit in [1, 7, 100, 101, 1000] {
            let mut found = Vec::new();
            let mut after = None;
            loop {
                let select = Select {
                    descending,
                    after,
                    limit,
                    ..ALL
                };
                let page = ground.select(GROUP, select).await;
                assert!(page.len() <= limit);
                found.extend(numbers(&page));
                if page.len() < limit {
                    break;
                }
                after = page.last().map(|message| message.sequence);
            }
            assert_eq!(found, expected, "{limit} at a time");
        }
        expected.reverse();
    }
}

pub async fn messages_that_come_while_pages_are_read_are_on_a_later_one(ground: Ground) {
    ground.fill(PAIR, 10).await;
    let mut found = HashSet::new();
    let mut after = None;
    for round in 0..20 {
        let select = Select {
            after,
            limit: 3,
            ..ALL
        };
        for message in ground.select(PAIR, select).await {
            after = Some(message.sequence);
            assert!(found.insert(message.sequence));
        }
        if round < 10 {
            ground.append(sent(PAIR, 100 + round)).await.unwrap();
        }
    }
    assert_eq!(found.len(), 20);
}

pub async fn an_empty_log_has_no_messages(ground: Ground) {
    let messages = |app, log, descending| {
        let select = Select { descending, ..ALL };
        ground.log().messages(app, log, select)
    };
    for descending in [false, true] {
        assert_eq!(messages(APP, PAIR, descending).await.unwrap(), []);
    }
    ground.fill(PAIR, 1).await;
    for descending in [false, true] {
        assert_eq!(messages(APP, GROUP, descending).await.unwrap(), []);
        assert_eq!(messages(OTHER_APP, PAIR, descending).await.unwrap(), []);
    }
}

pub async fn removed_messages_take_no_place_on_a_page(ground: Ground) {
    ground.fill(PAIR, 500).await;
    let removal = Removal::Sent(between(2, 499));
    assert_eq!(
        ground
            .log()
            .remove_messages(APP, PAIR, removal)
            .await
            .unwrap(),
        498
    );
    for (descending, expected) in [(false, [1, 500]), (true, [500, 1])] {
        let select = Select {
            descending,
            limit: 2,
            ..ALL
        };
        assert_eq!(numbers(&ground.select(PAIR, select).await), expected);
    }
}

pub async fn a_range_in_the_future_of_a_clock_that_went_back_is_found(ground: Ground) {
    ground.append(sent(PAIR, 100)).await.unwrap();
    let late = NewMessage {
        now: at(1),
        ..sent(PAIR, 1)
    };
    ground.append(late).await.unwrap();
    let select = Select {
        range: between(100, 100),
        ..ALL
    };
    assert_eq!(numbers(&ground.select(PAIR, select).await), [1, 2]);
    let select = Select {
        range: between(0, 99),
        ..ALL
    };
    assert_eq!(ground.select(PAIR, select).await, []);
    assert_eq!(ground.all(PAIR).await[1].sender.id, ALICE);
}
