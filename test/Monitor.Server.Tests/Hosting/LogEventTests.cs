using System.Reflection;
using Microsoft.Extensions.Logging;

namespace Monitor.Server.Tests.Hosting;

/// <summary>The messages of the log, all together.</summary>
internal sealed class LogEventTests
{
    [Test]
    public void Ids_AreOfOneMessageEach()
    {
        var ids = typeof(MonitorServer).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .Select(method => method.GetCustomAttribute<LoggerMessageAttribute>()?.EventId)
            .OfType<int>()
            .ToList();

        Assert.That(ids, Is.Not.Empty.And.Unique);
    }
}
