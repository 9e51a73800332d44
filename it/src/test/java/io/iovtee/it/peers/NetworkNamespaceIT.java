// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.bench.peer.NetworkNamespace;
import io.iovtee.bench.peer.PeerRequirements;
import io.iovtee.bench.peer.Veth;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class NetworkNamespaceIT {
  @BeforeEach
  void needRoot() {
    Needs.present(PeerRequirements.networkNamespaces());
  }

  @Test
  void framesCrossTheVethUnchanged() throws InterruptedException {
    try (NetworkNamespace namespace = NetworkNamespace.create()) {
      Veth veth = Veth.create(namespace, "near0", "far0", 1);
      Veth turned = new Veth(namespace, "far0", "near0", 1);
      try (VethWire far = VethWire.open(veth);
          VethWire near = VethWire.open(turned)) {
        byte[] frame = new byte[1514];
        for (int i = 0; i < frame.length; i++) {
          frame[i] = (byte) (i * 7);
        }
        assertThat(far.send(frame, frame.length)).isTrue();
        assertThat(far.send(frame, 60)).isTrue();
        far.receive((bytes, length) -> {});
        List<byte[]> arrived = new ArrayList<>();
        for (int i = 0; i < 500 && arrived.size() < 2; i++) {
          near.receive((bytes, length) -> arrived.add(Arrays.copyOf(bytes, length)));
          Thread.sleep(2);
        }
        assertThat(arrived).hasSize(2);
        assertThat(arrived.get(0)).isEqualTo(frame);
        assertThat(arrived.get(1)).isEqualTo(Arrays.copyOf(frame, 60));
      }
    }
  }

  @Test
  void nothingIsLeftBehind() {
    NetworkNamespace namespace = NetworkNamespace.create();
    Path file = namespace.file();
    assertThat(file).exists();
    namespace.close();
    assertThat(file).doesNotExist();
  }
}
