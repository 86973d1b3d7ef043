using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Monitor.Server;

/// <summary>
/// Answers OPTIONS of any path with the methods that it takes, and completes what a 405 allows: OPTIONS, and HEAD where
/// there is GET. Around routing, which knows the methods: to it, OPTIONS is just another one that the path does not take.
/// </summary>
internal sealed class OptionsRequests(RequestDelegate next)
{
    private const string OfTheServer = "GET, HEAD, OPTIONS, POST";

    public async Task InvokeAsync(HttpContext context)
    {
        var isOptions = HttpMethods.IsOptions(context.Request.Method);
        if (isOptions && context.Features.Get<IHttpRequestFeature>()?.RawTarget == "*")
        {
            Answer(context.Response, OfTheServer);
            return;
        }

        await next(context);
        var response = context.Response;
        if (response.HasStarted || response.StatusCode != StatusCodes.Status405MethodNotAllowed)
        {
            return;
        }

        var allowed = Allowed(response.Headers.GetCommaSeparatedValues(HeaderNames.Allow));
        if (isOptions)
        {
            Answer(response, allowed);
        }
        else
        {
            response.Headers.Allow = allowed;
        }
    }

    private static string Allowed(string[] routed)
    {
        string[] everywhere = routed.Contains(HttpMethods.Get) ? [HttpMethods.Head, HttpMethods.Options] : [HttpMethods.Options];
        return string.Join(", ", routed.Union(everywhere).Order(StringComparer.Ordinal));
    }

    private static void Answer(HttpResponse response, string allowed)
    {
        response.StatusCode = StatusCodes.Status204NoContent;
        response.Headers.Allow = allowed;
    }
}
