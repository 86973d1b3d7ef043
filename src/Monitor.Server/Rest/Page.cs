using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Monitor.Server;

/// <summary>Endpoints beside the rpcs: they answer GET with prepared bytes.</summary>
internal static class Page
{
    public static void MapPage(this IEndpointRouteBuilder endpoints, string path, RequestDelegate handler) =>
        endpoints.MapGet(path, handler).WithMetadata(new PageMetadata(path));

    public static async Task WriteAsync(HttpContext context, string contentType, ReadOnlyMemory<byte> body)
    {
        context.Response.ContentType = contentType + "; charset=utf-8";
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}
