// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** {@code openapi.yaml} as a judge of answers: status, content type and the form of the body. */
final class Contract {
  /** What any request can be answered with, before an operation is known or reached. */
  private static final Set<Integer> OF_ALL =
      Set.of(400, 401, 403, 404, 405, 406, 413, 421, 429, 500);

  /** What the HTTP parser refuses by itself, without a body: long request lines, long headers. */
  private static final Set<Integer> OF_THE_PARSER = Set.of(414, 431);

  private static final Pattern PARAMETER = Pattern.compile("\\{[a-z]+}");

  private final Map<?, ?> document;

  private Contract(Map<?, ?> document) {
    this.document = document;
  }

  /** The one in the jar, which is {@code conf/openapi.yaml}. */
  static Contract read() {
    try (InputStream in = PageRoutes.class.getResourceAsStream("openapi.yaml")) {
      Load yaml = new Load(LoadSettings.builder().build());
      return new Contract((Map<?, ?>) yaml.loadFromInputStream(in));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Fails with what differs; a path that no operation has must be answered with a problem. */
  void check(String method, String path, int status, @Nullable String type, String body) {
    String asked = method + " " + path + " -> " + status;
    if (OF_THE_PARSER.contains(status) || method.equals("HEAD")) {
      assertThat(body).as(asked).isEmpty();
      return;
    }
    Map<?, ?> responses =
        operation(method.toLowerCase(Locale.ROOT), path)
            .map(operation -> (Map<?, ?>) operation.get("responses"))
            .orElse(Map.of());
    Object promised = responses.get(String.valueOf(status));
    if (promised == null) {
      assertThat(OF_ALL).as("%s is not in the contract: %s", asked, body).contains(status);
      promised = Map.of("$ref", "#/components/responses/Problem");
    }
    Map<?, ?> answer = resolved((Map<?, ?>) promised);
    if (!(answer.get("content") instanceof Map<?, ?> content)) {
      assertThat(body).as(asked).isEmpty();
      return;
    }
    String bare = type == null ? "" : type.replaceFirst(";.*", "");
    assertThat(content.keySet().stream().map(Object::toString)).as(asked).contains(bare);
    Object schema = ((Map<?, ?>) content.get(bare)).get("schema");
    if (bare.endsWith("json") && schema != null) {
      assertThat(SchemaCheck.faults(schema, new JsonObject(body).getMap(), this::target))
          .as("%s%n%s", asked, body)
          .isEmpty();
    }
  }

  private Optional<Map<?, ?>> operation(String method, String path) {
    String bare = path.replaceFirst("\\?.*", "");
    Map<?, ?> paths = (Map<?, ?>) document.get("paths");
    // A template without parameters comes first, as in the server.
    return paths.keySet().stream()
        .map(Object::toString)
        .filter(template -> bare.matches(PARAMETER.matcher(template).replaceAll("[^/]+")))
        .sorted(Comparator.comparing((String template) -> template.contains("{")))
        .map(template -> ((Map<?, ?>) paths.get(template)).get(method))
        .filter(Map.class::isInstance)
        .findFirst()
        .map(found -> (Map<?, ?>) found);
  }

  private Map<?, ?> resolved(Map<?, ?> node) {
    return node.get("$ref") instanceof String reference ? (Map<?, ?>) target(reference) : node;
  }

  private Object target(String reference) {
    Object target = document;
    for (String step : reference.substring(2).split("/", -1)) {
      target = ((Map<?, ?>) target).get(step);
    }
    return target;
  }
}
