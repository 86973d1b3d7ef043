using Microsoft.Extensions.Options;

namespace Grpc.AspNetCore.HealthChecks;

/// <summary>Maps all health checks to the empty name, unless the application has mapped something to it already.</summary>
internal sealed class WholeServerMapping : IConfigureOptions<GrpcHealthChecksOptions>
{
    public void Configure(GrpcHealthChecksOptions options)
    {
        if (options.Services.Find("") is null)
        {
            options.Services.Map("", static _ => true);
        }
    }
}
