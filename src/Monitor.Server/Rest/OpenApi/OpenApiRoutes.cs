using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Monitor.Server;

/// <summary>Serves the OpenAPI document and Swagger UI.</summary>
internal static class OpenApiRoutes
{
    public const string DocumentPath = "/openapi.json";

    public const string SwaggerPath = "/swagger";

    /// <summary>Maps <see cref="DocumentPath"/> and <see cref="SwaggerPath"/>.</summary>
    public static void MapOpenApiPages(this IEndpointRouteBuilder endpoints)
    {
        var services = endpoints.ServiceProvider;
        var document = new ServedDocument(
            services.GetRequiredService<EndpointDataSource>(),
            services.GetRequiredService<IOptions<GrpcJsonTranscodingOptions>>(),
            services.GetRequiredService<MonitorServerOptions>(),
            services.GetRequiredService<IProgramDirectory>());

        endpoints.MapPage(DocumentPath, async context =>
            await Page.WriteAsync(context, "application/json", await document.ReadAsync(RequestAccess.Of(context).SeesMonitors, context.RequestAborted)));
        // An agent that nobody looks at need not have it: 0.7 MB, with what it loads.
        var swagger = new Lazy<RequestDelegate>(() => MakeSwagger(endpoints));
        endpoints
            .MapGet(SwaggerPath + "/{*path}", context => swagger.Value(context))
            .WithMetadata(new PageMetadata(SwaggerPath));
    }

    private static RequestDelegate MakeSwagger(IEndpointRouteBuilder endpoints) => endpoints.CreateApplicationBuilder()
        .Use((context, next) =>
        {
            // It serves files, which it leaves to a request that has an endpoint.
            context.SetEndpoint(null);
            return next(context);
        })
        .UseSwaggerUI(ui =>
        {
            ui.RoutePrefix = SwaggerPath.TrimStart('/');
            ui.DocumentTitle = "Network monitor";
            // Relative to the page, so that it holds behind a proxy that adds a prefix.
            ui.SwaggerEndpoint("../openapi.json", "Network monitor");
            ui.EnableDeepLinking();
            ui.DisplayRequestDuration();
            // Each operation shows its schemas already.
            ui.DefaultModelsExpandDepth(0);
        })
        .Build();
}
