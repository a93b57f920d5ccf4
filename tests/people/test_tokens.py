from nlp_service.people.tokens import csrf_token_of, hash_token, make_key, prefix_of


def test_keys_differ_and_begin_with_what_tells_them_apart():
    made = [make_key() for _ in range(50)]

    assert len({one.token for one in made}) == len({one.prefix for one in made}) == 50
    for one in made:
        assert one.token.startswith(f"{one.prefix}_")
        assert prefix_of(one.token) == one.prefix
        assert len(one.token) > len(one.prefix) + 40


def test_the_prefix_of_whatever_is_sent_is_short():
    assert len(prefix_of("x" * 100_000)) == len(make_key().prefix)


def test_a_hash_takes_whatever_is_sent():
    assert len(hash_token("\ud83d 路")) == 32


def test_a_csrf_token_belongs_to_one_secret_and_does_not_tell_it():
    assert csrf_token_of("a") == csrf_token_of("a") != csrf_token_of("b")
    assert "secret" not in csrf_token_of("secret")
