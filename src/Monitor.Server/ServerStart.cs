using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Monitor.Server;

/// <summary>How both programs start their server, and what they say then.</summary>
public static class ServerStart
{
    /// <summary>Starts a server and prints the start report; or prints why it cannot listen.</summary>
    /// <param name="server">What <see cref="MonitorServer.Build"/> made.</param>
    /// <param name="error">Where it is printed: standard error.</param>
    /// <param name="report">What the program says of its own, line by line; comes before the addresses.</param>
    /// <param name="examplePath">Path and query of a GET request that a newcomer should try first.</param>
    /// <param name="beforeReport">Called when it listens, before the report.</param>
    /// <returns>Whether it listens.</returns>
    public static async Task<bool> StartAsync(
        WebApplication server,
        TextWriter error,
        IEnumerable<string> report,
        string examplePath,
        Action? beforeReport = null)
    {
        try
        {
            await server.StartAsync();
        }
        catch (ListenException failure)
        {
            var component = server.Services.GetRequiredService<MonitorServerOptions>().Component;
            error.WriteLine($"monitor-{component}: {failure.Message}");
            return false;
        }

        beforeReport?.Invoke();
        foreach (var line in report)
        {
            error.WriteLine(line);
        }

        var endPoints = server.Services.GetRequiredService<ServerEndPoints>();
        var access = server.Services.GetRequiredService<AccessOptions>();
        error.WriteLine(AccessSettings.Describe(access));
        if (access is { IsInsecure: true, RequiresReaders: false })
        {
            AccessLog.Insecure(
                server.Services.GetRequiredService<ILogger<AccessOptions>>(), $"{endPoints.Http} and {endPoints.Grpc}");
        }

        error.WriteLine($"REST on {endPoints.HttpUrl}   try: curl -s{Credentials(endPoints, "--cacert CA.pem -H 'Authorization: Bearer TOKEN'")} '{endPoints.HttpUrl}{examplePath}'");
        error.WriteLine($"gRPC on {endPoints.GrpcTarget}   try: grpcurl{(endPoints.HasTls ? Credentials(endPoints, "-cacert CA.pem -H 'Authorization: Bearer TOKEN'") : " -plaintext")} {endPoints.GrpcTarget} "
            + $"{V1.EventService.Descriptor.FullName}/StreamEvents");
        return true;
    }

    private static string Credentials(ServerEndPoints endPoints, string options) => endPoints.HasTls ? " " + options : "";
}
