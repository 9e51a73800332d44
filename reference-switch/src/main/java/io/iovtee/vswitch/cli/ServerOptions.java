// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** How a command reaches the switch, and how it prints what the switch answers. */
final class ServerOptions {
  /** A switch on this machine answers in milliseconds; one that does not for so long is gone. */
  private static final Duration TIMEOUT = Duration.ofSeconds(15);

  /** Reading and compiling two million rules takes half a minute. */
  private static final Duration BULK_TIMEOUT = Duration.ofMinutes(5);

  private static final Pattern DETAIL =
      Pattern.compile("\"detail\"\\s*:\\s*\"((?:[^\"\\\\]|\\\\.)*)\"");

  /** What comes behind a page (RFC 8288): the API gives paths. */
  private static final Pattern NEXT_PAGE = Pattern.compile("<(/[^>]*)>; rel=\"next\"");

  /** The two ways to print. */
  enum Format {
    table,
    json
  }

  @Option(
      names = "--server",
      paramLabel = "URL",
      defaultValue = "${IOVTEE_SERVER:-http://127.0.0.1:8480}",
      description =
          "the switch's HTTP address (environment: IOVTEE_SERVER; default:"
              + " http://127.0.0.1:8480)")
  private String server = "http://127.0.0.1:8480";

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      defaultValue = "",
      description =
          "file with the token that the switch asks for (environment: IOVTEE_TOKEN, or"
              + " IOVTEE_TOKEN_FILE)")
  private String tokenFile = "";

  @Option(
      names = "--ca",
      paramLabel = "FILE",
      defaultValue = "${IOVTEE_CA:-}",
      description =
          "PEM certificates to believe in with https, and no others (environment: IOVTEE_CA;"
              + " default: the JDK's)")
  private String ca = "";

  @Option(
      names = "--cert",
      paramLabel = "FILE",
      defaultValue = "${IOVTEE_CERT:-}",
      description =
          "PEM file with your certificate and its key, where the switch asks for one (environment:"
              + " IOVTEE_CERT)")
  private String certificate = "";

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      defaultValue = "table",
      description = "table or json (default: table)")
  private Format format = Format.table;

  /** Made when it is first needed; commands end with the process. */
  private @Nullable HttpClient client;

  ServerOptions() {}

  /** For code that talks to a switch it started itself. */
  ServerOptions(String server, Format format) {
    this.server = server;
    this.format = format;
  }

  static String encode(String pathPart) {
    return URLEncoder.encode(pathPart, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /**
   * What names one thing in a path: a path without it would mean another.
   *
   * @throws UsageException if it is empty
   */
  static String element(String name) {
    if (name.isBlank()) {
      throw new UsageException("the name is empty: '" + name + "'");
    }
    return encode(name);
  }

  /** Asks and prints, all pages if there are several; returns the exit code. */
  int print(PrintWriter out, String path) {
    pages(path, page -> out.print(page.body()));
    out.flush();
    return 0;
  }

  /** Prints what a change was answered with; returns the exit code. */
  static int done(CommandSpec spec, String answer) {
    PrintWriter out = spec.commandLine().getOut();
    out.print(answer);
    out.flush();
    return 0;
  }

  /** Asks for a list, page by page. */
  void pages(String path, Consumer<HttpResponse<String>> taker) {
    Optional<String> next = Optional.of(path);
    while (next.isPresent()) {
      HttpResponse<String> page = send("GET", next.get(), null, "", "");
      taker.accept(page);
      next =
          page.headers()
              .firstValue("Link")
              .map(NEXT_PAGE::matcher)
              .filter(Matcher::matches)
              .map(link -> link.group(1));
    }
  }

  String get(String path) {
    return send("GET", path, null, "", "").body();
  }

  /** All pages as text, whatever form the user wants to see. */
  String getText(String path) {
    StringBuilder all = new StringBuilder();
    asText().pages(path, page -> all.append(page.body()));
    return all.toString();
  }

  boolean isJson() {
    return format == Format.json;
  }

  /** The same switch, whose answers are text whatever form the user wants to see. */
  ServerOptions asText() {
    return as(Format.table);
  }

  /** The same switch, whose answers are in this form. */
  ServerOptions as(Format wanted) {
    ServerOptions other = new ServerOptions(server, wanted);
    other.tokenFile = tokenFile;
    other.ca = ca;
    other.certificate = certificate;
    return other;
  }

  /** Sends a change; {@code ifMatch} may be empty. */
  HttpResponse<String> send(
      String method, String path, @Nullable String body, String contentType, String ifMatch) {
    BodyPublisher publisher =
        body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body);
    return send(method, path, publisher, contentType, ifMatch, TIMEOUT);
  }

  /** Sends a file of rules or commands, of any length; {@code ifMatch} may be empty. */
  String sendRules(String method, String path, String file, String ifMatch) throws IOException {
    BodyPublisher rules = RuleFile.publisher(file);
    try {
      return send(method, path, rules, "text/plain", ifMatch, BULK_TIMEOUT).body();
    } catch (CommandException e) {
      String what = String.valueOf(e.getMessage());
      // The switch names the line; which file it is of, it does not know.
      throw what.startsWith("line ") ? new CommandException(file + ": " + what, e) : e;
    }
  }

  private HttpResponse<String> send(
      String method,
      String path,
      BodyPublisher body,
      String contentType,
      String ifMatch,
      Duration timeout) {
    HttpRequest.Builder request =
        request(path)
            .timeout(timeout)
            .header("Accept", format == Format.json ? "application/json" : "text/plain")
            .method(method, body);
    if (!contentType.isEmpty()) {
      request.header("Content-Type", contentType);
    }
    if (!ifMatch.isEmpty()) {
      request.header("If-Match", ifMatch);
    }
    return asked(
        request.build(), BodyHandlers.ofString(), Function.identity(), response -> response);
  }

  /**
   * Reads a stream of events line by line, as text or JSON, as long as the taker wants more.
   *
   * @param path without a query
   */
  void stream(String path, Predicate<String> taker) {
    HttpRequest request =
        request(path + "?form=" + (format == Format.json ? "json" : "text"))
            .header("Accept", "text/event-stream")
            .build();
    asked(
        request,
        BodyHandlers.ofLines(),
        lines -> String.join("\n", lines.toList()),
        response -> {
          try (Stream<String> lines = response.body()) {
            return lines.allMatch(taker);
          }
        });
  }

  /** With the token, if there is one. */
  private HttpRequest.Builder request(String path) {
    URI address = address(path);
    HttpRequest.Builder request = HttpRequest.newBuilder(address);
    ServerToken.read(tokenFile, System.getenv())
        .ifPresent(token -> {
          ServerToken.refuseInTheClear(address);
          request.header("Authorization", "Bearer " + token);
        });
    return request;
  }

  private HttpClient client() {
    HttpClient there = client;
    if (there == null) {
      HttpClient.Builder builder = HttpClient.newBuilder().connectTimeout(TIMEOUT);
      if (!ca.isEmpty() || !certificate.isEmpty()) {
        builder.sslContext(ServerTrust.of(ca, certificate));
      }
      there = builder.build();
      client = there;
    }
    return there;
  }

  /** Without a scheme it is HTTP: {@code 127.0.0.1:8480}. */
  private URI address(String path) {
    String base = server.contains("://") ? server : "http://" + server;
    try {
      URI address = new URI(base.replaceFirst("/+$", "") + path);
      if (address.getHost() != null && address.getScheme().matches("https?")) {
        return address;
      }
    } catch (URISyntaxException e) {
      // The message below says what is right.
    }
    throw new UsageException(
        "--server (or IOVTEE_SERVER) must be like http://127.0.0.1:8480: " + server);
  }

  private <B, R> R asked(
      HttpRequest request,
      HttpResponse.BodyHandler<B> reader,
      Function<B, String> text,
      Function<HttpResponse<B>, R> taker) {
    try {
      HttpResponse<B> response = client().send(request, reader);
      if (response.statusCode() >= 400) {
        throw new CommandException(problem(response.statusCode(), text.apply(response.body())));
      }
      return taker.apply(response);
    } catch (ConnectException e) {
      throw new CommandException(
          "no switch answers at "
              + server
              + ": start one with 'iovtee run -c FILE' (it serves HTTP when the iovtee plugin is in"
              + " its plugins directory), or give --server",
          e);
    } catch (IOException | UncheckedIOException e) {
      boolean tls = request.uri().getScheme().equals("https");
      throw new CommandException(
          server + ": " + ServerTrust.explain(e, tls).orElseGet(e::toString), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandException("interrupted", e);
    }
  }

  /** The detail of a problem document (RFC 9457), or whatever came instead. */
  private static String problem(int status, String body) {
    Matcher detail = DETAIL.matcher(body);
    String text =
        detail.find() ? detail.group(1).replace("\\\"", "\"").replace("\\\\", "\\") : body;
    return text.strip() + " (HTTP " + status + ")";
  }
}
