

def test_where_no_help_comes_before_or_after_nothing_is_farther() -> None:
    never = np.full((2, 3), np.inf)
    before, after = Harm(never, never, 3.0).farthest
    assert np.isinf(before).all()
    assert np.isinf(after).all()
