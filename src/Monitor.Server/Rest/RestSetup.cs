using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Monitor.Server;

/// <summary>What browsers and proxies ask of REST: compressed responses, and CORS where it is configured.</summary>
internal static class RestSetup
{
    private const string AnyOrigin = "*";

    // Browsers ask again after this.
    private static readonly TimeSpan PreflightAge = TimeSpan.FromMinutes(10);

    public static void AddServices(IServiceCollection services, MonitorServerOptions options)
    {
        // Brotli and gzip, both at their fastest, for the usual types of text.
        services.AddResponseCompression();
        if (options.CorsOrigins.Count > 0)
        {
            services.AddCors(cors => cors.AddDefaultPolicy(policy => Allow(policy, options.CorsOrigins)));
        }
    }

    /// <summary>Goes between routing and the endpoints.</summary>
    public static void Use(WebApplication app)
    {
        if (app.Services.GetRequiredService<MonitorServerOptions>().CorsOrigins.Count > 0)
        {
            // Before the compression, so that it can answer a preflight itself.
            app.UseCors();
        }

        app.UseWhen(IsCompressible, compressed => compressed.UseResponseCompression());
    }

    // gRPC has compression of its own. A stream's lines are small and urgent, and each would be a compressed block of
    // its own.
    private static bool IsCompressible(HttpContext context) =>
        RestRequest.IsRest(context)
        && !HeadRequests.IsHead(context)
        && context.GetEndpoint()?.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>()
            is not { MethodDescriptor.IsServerStreaming: true };

    private static void Allow(CorsPolicyBuilder policy, IReadOnlyList<string> origins)
    {
        policy.WithMethods(HttpMethods.Get, HttpMethods.Head, HttpMethods.Post);
        policy.WithHeaders("content-type", "authorization");
        policy.SetPreflightMaxAge(PreflightAge);
        if (origins.Contains(AnyOrigin))
        {
            policy.AllowAnyOrigin();
        }
        else
        {
            policy.WithOrigins([.. origins]);
        }
    }
}
