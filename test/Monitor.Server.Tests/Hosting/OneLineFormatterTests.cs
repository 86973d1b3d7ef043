using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Monitor.Server.Tests.Hosting;

internal sealed class OneLineFormatterTests
{
    [TestCase(LogLevel.Information, null, @"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info EventStream: hello\n$")]
    [TestCase(LogLevel.Warning, "broken", @"^\S+ warning EventStream: hello: IOException: broken\n$")]
    [TestCase(LogLevel.Error, "broken", @"^\S+ error EventStream: hello: System.IO.IOException: broken\n$")]
    public void Write_OfAnEntry_GivesOneLine(LogLevel level, string? failure, string expected)
    {
        using var output = new StringWriter();
        var entry = new LogEntry<string>(
            level,
            "Monitor.Server.EventStream",
            default,
            "hello",
            failure is null ? null : new IOException(failure),
            (state, _) => state);

        new OneLineFormatter().Write(entry, null, output);

        Assert.That(output.ToString(), Does.Match(expected));
    }
}
