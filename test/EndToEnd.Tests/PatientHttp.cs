using Monitor.Agent.Tests.Kernel;

namespace EndToEnd.Tests;

/// <summary>Clients of REST that wait for a slow machine as long as the other limits of tests do.</summary>
internal static class PatientHttp
{
    /// <summary>A client that gives a request up after 100 seconds, the default of .NET, on an ordinary machine; see <see cref="Limit"/>.</summary>
    /// <param name="handler">Belongs to the client; null: one with the defaults of .NET.</param>
    public static HttpClient Client(HttpMessageHandler? handler = null) =>
        new(handler ?? new SocketsHttpHandler()) { Timeout = Limit.OfSeconds(100) };
}
