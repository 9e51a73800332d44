// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.vswitch.memory.FileRegister.FileId;
import org.junit.jupiter.api.Test;

class FileRegisterTest {
  private final FileRegister register = new FileRegister();
  private final FileId file = new FileId(1, 2);

  @Test
  void firstPortKeepsTheFileUntilItsLastClaimIsReleased() {
    assertThat(register.claim(file, "nf1")).isNull();
    assertThat(register.claim(file, "nf1")).isNull();
    assertThat(register.claim(file, "nf2")).isEqualTo("nf1");
    register.release(file);
    assertThat(register.claim(file, "nf2")).isEqualTo("nf1");
    register.release(file);
    assertThat(register.claim(file, "nf2")).isNull();
  }

  @Test
  void sameInodeOnAnotherDeviceIsAnotherFile() {
    register.claim(file, "nf1");
    assertThat(register.claim(new FileId(2, 2), "nf2")).isNull();
  }

  @Test
  void releasingTooOftenIsAnErrorOfOurs() {
    assertThatThrownBy(() -> register.release(file)).isInstanceOf(IllegalStateException.class);
  }
}
