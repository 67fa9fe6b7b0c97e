"""A server that nothing can end is said to be running still, and may be stopped later."""

from dataclasses import replace

import pytest
from tests.support.postgres import a_cluster, reachable_folder

from countersign.infra.postgres.cluster import EmbeddedCluster
from countersign.infra.postgres.errors import AlreadyRunning, StopFailed
from countersign.infra.postgres.postmaster import find_postmaster

pytestmark = pytest.mark.postgres


def test_a_server_that_does_not_end_is_named_and_stays_ours(cluster: EmbeddedCluster) -> None:
    whole = cluster._binaries
    with reachable_folder() as folder:
        # As where a process hangs in the kernel: whatever is asked of it, it goes on.
        folder.chmod(0o755)
        (folder / "pg_ctl").symlink_to("/bin/true")
        cluster._binaries = replace(whole, folder=folder)
        try:
            with pytest.raises(StopFailed) as refused:
                cluster.stop(timeout_seconds=0.1)
        finally:
            cluster._binaries = whole
    assert refused.value.details == {"folder": str(cluster.folders.root)}
    assert find_postmaster(cluster.folders.data, cluster.os_user)
    other = a_cluster(cluster.folders.root)
    with pytest.raises(AlreadyRunning):
        other.start()
    cluster.stop()
    assert not cluster.is_running
    cluster.start()
