import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** A whole login at WeChat: here the program is the browser, too. */
public class Login {
    static final HttpClient CLIENT = HttpClient.newHttpClient();

    public static void main(String[] arguments) throws Exception {
        String code = visit("http://127.0.0.1:8000/callback", "a-state");
        System.out.println("你好，" + nicknameOf(code) + "！");
    }

    /** Where a web application sends the browser, and with which code the browser comes back. */
    static String visit(String callback, String state) throws IOException, InterruptedException {
        var page = URI.create("https://open.weixin.qq.com/connect/oauth2/authorize?appid=" + System.getenv("WECHAT_APPID")
                + "&redirect_uri=" + URLEncoder.encode(callback, StandardCharsets.UTF_8)
                + "&response_type=code&scope=snsapi_userinfo&state=" + state + "#wechat_redirect");
        var response = CLIENT.send(HttpRequest.newBuilder(page).build(), BodyHandlers.ofString());
        String location = response.headers().firstValue("location").orElseThrow();
        return location.replaceFirst(".*[?&]code=([^&]*).*", "$1");
    }

    static String nicknameOf(String code) throws IOException, InterruptedException {
        String tokens = ask("/sns/oauth2/access_token?appid=" + System.getenv("WECHAT_APPID")
                + "&secret=" + System.getenv("WECHAT_APPSECRET")
                + "&code=" + URLEncoder.encode(code, StandardCharsets.UTF_8)
                + "&grant_type=authorization_code");
        String user = ask("/sns/userinfo?access_token=" + field(tokens, "access_token")
                + "&openid=" + field(tokens, "openid") + "&lang=zh_CN");
        return field(user, "nickname");
    }

    static String ask(String path) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create("https://api.weixin.qq.com" + path)).build();
        return CLIENT.send(request, BodyHandlers.ofString(StandardCharsets.UTF_8)).body();
    }

    /** Enough for this example; an application has a JSON library. */
    static String field(String json, String name) throws IOException {
        var found = Pattern.compile("\"" + name + "\":\"([^\"]*)\"").matcher(json);
        if (!found.find()) throw new IOException("WeChat said " + json);
        return found.group(1);
    }
}
