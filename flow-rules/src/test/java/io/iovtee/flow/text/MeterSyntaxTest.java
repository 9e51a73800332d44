// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.flow.FlowMeter;
import io.iovtee.flow.FlowMeter.Band;
import io.iovtee.flow.GroupGenerator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Meters as text and as trees. */
final class MeterSyntaxTest {
  private static final long SEED = 20_261_124;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          meter=1,kbps,band=type=drop,rate=1000 | meter=1,kbps,bands=type=drop,rate=1000
          meter=2 pktps burst stats bands= type=drop rate=1000 burst_size=4 | meter=2,pktps,burst,bands=type=drop,rate=1000,burst_size=4
          meter=3,pktps,band=type:dscp_remark,prec_level=2,rate=9,type=drop,rate=10 | meter=3,pktps,bands=type=dscp_remark,rate=9,prec_level=2,type=drop,rate=10
          meter=4,kbps,burst,bands=type=drop,rate=1,burst_size=2,type=drop,burst_size=4,rate=3 | meter=4,kbps,burst,bands=type=drop,rate=1,burst_size=2,type=drop,rate=3,burst_size=4
          meter=0xffff0000,kbps,bands=type=drop,rate=1 | meter=4294901760,kbps,bands=type=drop,rate=1
          """)
  void whatOvsTakesIsRead(String text, String printed) {
    assertThat(MeterSyntax.format(MeterSyntax.parseMeter(text))).isEqualTo(printed);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          kbps,bands=type=drop,rate=1 | a meter needs a number
          meter=0,kbps,bands=type=drop,rate=1 | must be 1 or more
          meter=4294901761,kbps,bands=type=drop,rate=1 | number too large
          meter=1,bands=type=drop,rate=1 | a unit
          meter=1,kbps,pktps,bands=type=drop,rate=1 | one unit
          meter=1,kbps | a meter needs
          meter=1,kbps,bands=type=drop | a rate
          meter=1,kbps,bands=type=drop,rate=0 | must be 1 or more
          meter=1,kbps,bands=type=drop,rate=4294967296 | number too large
          meter=1,kbps,bands=type=dscp_remark,rate=1 | needs prec_level
          meter=1,kbps,bands=type=dscp_remark,rate=1,prec_level=256 | number too large
          meter=1,kbps,bands=type=drop,rate=1,prec_level=1 | dscp_remark only
          meter=1,kbps,bands=type=experimenter,rate=1 | unknown type of band
          meter=1,kbps,bands=rate=1 | begins with its type
          meter=1,kbps,bands=type=drop,rate=1,burst_size=2 | go together
          meter=1,kbps,burst,bands=type=drop,rate=1 | go together
          meter=1,kbps,burst,bands=type=drop,rate=1,burst_size=2,type=drop,rate=2 | go together
          meter=1,kbps,bands=type=drop,rate=1,rate=2 | given twice
          meter=1,kbps,bands=type=drop,rate=1,bands=type=drop,rate=2 | given twice
          meter=1,kbps,bands=type=drop,rate=1,burst | unknown word of a band
          meter=all,kbps,bands=type=drop,rate=1 | not a number
          meter=controller,kbps,bands=type=drop,rate=1 | not supported: meter=controller
          meter=slowpath,kbps,bands=type=drop,rate=1 | not supported: meter=slowpath
          """)
  void whatCanNotBeIsRefused(String text, String why) {
    assertThatThrownBy(() -> MeterSyntax.parseMeter(text))
        .isInstanceOf(FlowSyntaxException.class)
        .hasMessageContaining(why);
  }

  @Test
  void everyMeterComesBack() {
    GroupGenerator generator = new GroupGenerator(SEED);
    for (int i = 0; i < 1_000; i++) {
      FlowMeter meter = generator.nextMeter();
      String text = MeterSyntax.format(meter);
      assertThat(MeterSyntax.parseMeter(text)).as("seed %d, %s", SEED, text).isEqualTo(meter);
      assertThat(MeterSyntax.read(MeterSyntax.tree(meter))).as("seed %d", SEED).isEqualTo(meter);
    }
  }

  @Test
  void nineBandsAreTooMany() {
    String nine = ",type=drop,rate=1".repeat(9);
    assertThatThrownBy(() -> MeterSyntax.parseMeter("meter=1,kbps,bands=" + nine.substring(1)))
        .isInstanceOf(FlowSyntaxException.class)
        .hasMessageContaining("a meter has 1 to 8 bands");
    assertThatThrownBy(
            () -> MeterSyntax.read(Map.of("meter", 1, "unit", "kbps", "bands", List.of())))
        .hasMessageContaining("a meter has 1 to 8 bands");
  }

  @Test
  void withoutABurstSizeOneSecondMayComeAtOnce() {
    assertThat(Band.drop(7, 0).burst()).isEqualTo(7);
    assertThat(Band.drop(7, 3).burst()).isEqualTo(3);
  }

  @Test
  void aWrongTreePointsToTheWrongPlace() {
    Map<String, Object> drop = Map.of("type", "drop", "rate", 1);
    assertThatThrownBy(() -> MeterSyntax.read(Map.of("meter", 1, "unit", "bps", "bands", 1)))
        .isInstanceOf(FlowTreeException.class)
        .hasMessageContaining("/unit");
    assertThatThrownBy(() -> MeterSyntax.read(Map.of("meter", 1, "unit", "kbps")))
        .hasMessageContaining("/bands");
    assertThatThrownBy(() ->
            MeterSyntax.read(
                Map.of("meter", 1, "unit", "kbps", "bands", List.of(drop, Map.of("rate", 1)))))
        .hasMessageContaining("/bands/1/type");
    assertThatThrownBy(
            () -> MeterSyntax.read(Map.of("meter", 0, "unit", "kbps", "bands", List.of(drop))))
        .hasMessageContaining("meter must be 1");
  }
}
