using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Monitor.Server;

/// <summary>Serves the page at <c>/</c>.</summary>
internal static class StartPageRoute
{
    public static void MapStartPage(this IEndpointRouteBuilder endpoints)
    {
        var services = endpoints.ServiceProvider;
        var endPoints = services.GetRequiredService<ServerEndPoints>();
        var page = new StartPage(
            services.GetRequiredService<EndpointDataSource>(),
            services.GetRequiredService<MonitorServerOptions>(),
            endPoints);

        endpoints.MapPage("/", context =>
        {
            // HTTP/1.0 may name no host.
            var host = context.Request.Host;
            if (!host.HasValue)
            {
                host = HostString.FromUriComponent(new Uri(endPoints.HttpUrl));
            }

            context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'";
            var html = page.Html($"{context.Request.Scheme}://{host}", host.Host);
            return Page.WriteAsync(context, "text/html", Encoding.UTF8.GetBytes(html));
        });
    }
}
