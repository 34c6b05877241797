from __future__ import annotations

import numpy as np
from scipy.sparse.csgraph import connected_components
from sklearn.neighbors import kneighbors_graph

from synthmix.tasks.clustering.learners.graph.neighbors import connected_neighbor_graph


def test_where_it_is_connected_it_is_the_graph_of_nearest_neighbours() -> None:
    x = np.random.default_rng(0).normal(size=(80, 2))
    expected = kneighbors_graph(x, 12).toarray()
    assert connected_components(expected)[0] == 1
    np.testing.assert_array_equal(connected_neighbor_graph(x, 12).toarray(), np.maximum(expected, expected.T))


def test_groups_that_are_apart_are_joined_by_their_shortest_bridges_alone() -> None:
    x = np.concatenate([np.arange(0.0, 4), np.arange(20.0, 24), np.arange(50.0, 54)])[:, None]
    graph = connected_neighbor_graph(x, 2).toarray()
    rows, columns = np.nonzero(np.triu(graph))
    bridges = [(x[i, 0], x[j, 0]) for i, j in zip(rows, columns, strict=True) if abs(x[i] - x[j]) > 5]
    assert sorted(bridges) == [(3.0, 20.0), (23.0, 50.0)]
    assert set(graph.ravel()) == {0.0, 1.0}


def test_copies_do_not_tear_it_apart() -> None:
    x = np.repeat(np.random.default_rng(0).normal(size=(15, 2)), 9, axis=0)
    graph = connected_neighbor_graph(x, 4)
    assert connected_components(graph)[0] == 1
    assert (graph != graph.T).nnz == 0
