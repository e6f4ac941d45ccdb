// A whole login at WeChat: here the program is the browser, too.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"os"
)

type answer struct {
	Errcode     int
	Errmsg      string
	AccessToken string `json:"access_token"`
	Openid      string
	Nickname    string
}

func main() {
	code, err := visit("http://127.0.0.1:8000/callback", "a-state")
	if err != nil {
		log.Fatal(err)
	}
	user, err := userOf(code)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("你好，%s！\n", user.Nickname)
}

// Where a web application sends the browser, and with which code the browser comes back.
func visit(callback, state string) (string, error) {
	query := url.Values{
		"appid":         {os.Getenv("WECHAT_APPID")},
		"redirect_uri":  {callback},
		"response_type": {"code"},
		"scope":         {"snsapi_userinfo"},
		"state":         {state},
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	browser := http.Client{CheckRedirect: stay}
	response, err := browser.Get("https://open.weixin.qq.com/connect/oauth2/authorize?" + query.Encode())
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	back, err := response.Location()
	if err != nil {
		return "", err
	}
	return back.Query().Get("code"), nil
}

func userOf(code string) (answer, error) {
	tokens, err := ask("/sns/oauth2/access_token", url.Values{
		"appid":      {os.Getenv("WECHAT_APPID")},
		"secret":     {os.Getenv("WECHAT_APPSECRET")},
		"code":       {code},
		"grant_type": {"authorization_code"},
	})
	if err != nil {
		return tokens, err
	}
	return ask("/sns/userinfo", url.Values{
		"access_token": {tokens.AccessToken},
		"openid":       {tokens.Openid},
		"lang":         {"zh_CN"},
	})
}

func ask(path string, query url.Values) (said answer, err error) {
	response, err := http.Get("https://api.weixin.qq.com" + path + "?" + query.Encode())
	if err != nil {
		return said, err
	}
	defer response.Body.Close()
	if err = json.NewDecoder(response.Body).Decode(&said); err == nil && said.Errcode != 0 {
		err = fmt.Errorf("WeChat said %d %s", said.Errcode, said.Errmsg)
	}
	return said, err
}
